/** An agent with a tool: it asks for the weather of two cities at once, and answers. */
import { concat, delay, lastValueFrom, merge, type Observable, of, tap } from 'rxjs';
import { agent, collectRun, tool } from 'rxllm/agents';
import { shareRun } from 'rxllm/operators';
import { z } from 'zod';
import { example, perform, promptOf } from './stage/perform.ts';
import { printRun } from './stage/printRun.ts';
import { script } from './stage/toolAgent.ts';

/** A tool is a function with a schema. What its Observable emits is progress, the last of it is the result. */
const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city, now.',
  parameters: z.object({ city: z.string().describe('Name of the city, in English') }),
  timeout: 10_000,
  execute: ({ city }): Observable<unknown> =>
    concat(
      of('asking the observatory'),
      of(/oslo/i.test(city) ? { celsius: 4, sky: 'sunny' } : { celsius: -2, sky: 'light snow' }).pipe(
        delay(400),
      ),
    ),
});

const command = example('toolAgent', 'An agent that looks at the weather before it answers.')
  .argument('[question...]', 'what to ask a real model')
  .parse();
const question = promptOf(command, 'Is it warmer in Bern or in Oslo?');

await perform(command, script, ({ model, signal }) => {
  const assistant = agent({ model, instructions: 'You are brief.', tools: [weather] });
  const run = assistant.stream(question, { interruptOn: signal }).pipe(shareRun());

  const summary = run.pipe(
    collectRun(),
    tap(({ rounds, toolCalls, usage, durationMs }) => {
      const seconds = (durationMs / 1000).toFixed(1);
      console.error(
        `\n${rounds.length} rounds, ${toolCalls.length} tool calls, ${usage?.totalTokens ?? 'unknown'} tokens, ${seconds} s`,
      );
    }),
  );
  console.error(`${question}\n`);
  return lastValueFrom(merge(printRun(run), summary));
});
