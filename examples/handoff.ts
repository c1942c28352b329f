/** Two agents with a handoff: the first one finds out what you need, the second one takes over the conversation. */
import { lastValueFrom, merge, tap } from 'rxjs';
import { agent, collectRun, tool } from 'rxllm/agents';
import { ofType, shareRun } from 'rxllm/operators';
import { z } from 'zod';
import { script } from './stage/handoff.ts';
import { example, perform, promptOf } from './stage/perform.ts';
import { printRun } from './stage/printRun.ts';
import { styled } from './start/style.ts';

const findOrder = tool({
  name: 'find_order',
  description: 'Finds an order by its number.',
  parameters: z.object({ number: z.string() }),
  execute: ({ number }) => ({ number, article: 'kettle', deliveredDaysAgo: 9 }),
});

const command = example('handoff', 'Two agents, of which the first hands over to the second.')
  .argument('[request...]', 'what to tell a real model')
  .parse();
const request = promptOf(command, 'Can I still return order A-17?');

await perform(command, script, ({ model, signal }) => {
  const returns = agent({
    name: 'returns',
    description: 'Knows orders, and takes articles back.',
    instructions: 'An article can be returned for 14 days. Look the order up first.',
    model,
    tools: [findOrder],
  });
  // It has no tools but the one that the handoff makes, `transfer_to_returns`.
  const reception = agent({
    name: 'reception',
    instructions: 'Hand over to whoever can help. Say so in one sentence.',
    model,
    handoffs: [returns],
  });
  const run = reception.stream(request, { interruptOn: signal }).pipe(shareRun());

  let speaker: string | undefined;
  const names = run.pipe(
    ofType('start'),
    tap(({ agent: name = '' }) => {
      if (name !== speaker) console.error(styled('bold', `${name}:`));
      speaker = name;
    }),
  );
  const summary = run.pipe(
    collectRun(),
    tap(({ lastAgent, rounds }) => console.error(`\nanswered by ${lastAgent} after ${rounds.length} rounds`)),
  );
  console.error(`${request}\n`);
  return lastValueFrom(merge(names, printRun(run), summary));
});
