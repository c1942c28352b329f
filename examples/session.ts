/** The smallest chat that remembers: it goes on where it was left, also when that was in the middle of an answer. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { type Message, toErrorFacts } from 'rxllm';
import { session } from 'rxllm/agents';
import { fileStore } from 'rxllm/agents/fileStore';
import { shareRun } from 'rxllm/operators';
import { script } from './stage/session.ts';
import { example, perform } from './stage/perform.ts';
import { printRun } from './stage/printRun.ts';
import { openTerminal } from './stage/terminal.ts';
import { show } from './start/lines.ts';
import { styled } from './start/style.ts';

const command = example('session', 'A chat that goes on where it was left. An empty line ends it.')
  .option('--id <name>', 'which conversation', 'chat')
  .option('--folder <folder>', 'where conversations are kept', join(tmpdir(), 'rxllm-sessions'))
  .parse();
const { id, folder } = command.opts<{ id: string; folder: string }>();

await perform(command, script, async ({ model, signal }) => {
  const chat = session({ model, store: fileStore(folder), id });
  const { messages } = await firstValueFrom(chat.history);
  for (const message of messages) console.error(styled('dim', `${message.role}: ${show(textOf(message))}`));

  const ask = openTerminal();
  for (;;) {
    const input = await ask('> ');
    if (input === undefined || input.trim() === '') break;
    const run = chat.send(input, { interruptOn: signal }).pipe(shareRun());
    await lastValueFrom(printRun(run), { defaultValue: undefined }).catch((error: unknown) => {
      // What was said is taken back, and can be said again.
      console.error(styled('red', `error: ${show(toErrorFacts(error).message)}`));
    });
  }
});

function textOf({ content }: Message): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
