/** An agent that sends mail only after you have agreed: yes, no, edit or always, in the terminal or from a pipe. */
import { lastValueFrom } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { shareRun } from 'rxllm/operators';
import { z } from 'zod';
import { script } from '../stage/approval.ts';
import { example, perform, promptOf } from '../stage/perform.ts';
import { printRun } from '../stage/printRun.ts';
import { openTerminal } from '../stage/terminal.ts';
import { askConsent } from './consent.ts';

const ask = openTerminal();

/** It sends nothing. */
const sendMail = tool({
  name: 'send_mail',
  description: 'Sends a mail.',
  parameters: z.object({ to: z.email(), subject: z.string(), body: z.string() }),
  approve: askConsent(ask),
  execute: ({ to, subject }) => `sent "${subject}" to ${to}`,
});

const command = example('approval', 'An agent that sends mail after you have agreed.')
  .argument('[task...]', 'what to tell a real model')
  .parse();
const task = promptOf(command, 'Tell ada@example.org and grace@example.org that the lunch is at noon.');

await perform(command, script, ({ model, signal }) => {
  const secretary = agent({ model, tools: [sendMail] });
  const run = secretary.stream(task, { interruptOn: signal }).pipe(shareRun());

  console.error(`${task}\n`);
  return lastValueFrom(printRun(run), { defaultValue: undefined });
});
