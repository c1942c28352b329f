/** Given, When, Then as a table: on a script in virtual time, or with RXLLM_LIVE=1 and a key on the MODEL you name. */
import { lastValueFrom, type Observable, toArray } from 'rxjs';
import type { LanguageModel, StreamChunk } from 'rxllm';
import { agent, tool } from 'rxllm/agents';
import { modelFrom } from 'rxllm/models';
import { type FakeScript, inVirtualTime, text, toolCall } from 'rxllm/testing';
import { z } from 'zod';
import { command, fail } from './start/command.ts';
import { toPrintable } from './start/printable.ts';

/** One line of the table. */
interface Scenario {
  readonly name: string;
  /** Given that the model responds so, one diagram a call. A real model responds as it likes. */
  readonly given: FakeScript;
  /** When the user says this, */
  readonly when: string;
  /** then the agent calls these tools, in this order, and says this. */
  readonly then: { readonly calls: readonly RegExp[]; readonly says: RegExp };
}

const values = {
  b: toolCall('weather', { city: 'Bern' }),
  z: toolCall('weather', { city: 'Zurich' }),
  S: text('It is sunny in Bern.'),
  W: text('It is sunny in Bern, and it rains in Zurich.'),
  H: text('Hello! How are you?'),
};

export const scenarios: readonly Scenario[] = [
  {
    name: 'asks for the weather, then answers with it',
    given: ['--b|', '--S|'],
    when: 'What is the weather in Bern?',
    then: { calls: [/^weather .*Bern/], says: /sun/i },
  },
  {
    name: 'asks for two cities',
    given: ['--b-z|', '--W|'],
    when: 'What is the weather in Bern, and what in Zurich? Ask for Bern first.',
    then: { calls: [/^weather .*Bern/, /^weather .*Z[uü]rich/], says: /rain/i },
  },
  {
    name: 'greets without a tool',
    given: ['--H|'],
    when: 'Hello!',
    then: { calls: [], says: /hello|hi/i },
  },
];

const weather = tool({
  name: 'weather',
  description: 'Tells the weather in a city.',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => (/bern/i.test(city) ? 'sunny, 21°' : 'rain, 14°'),
});

/** The agent under test. */
function answer(model: LanguageModel, { when }: Scenario): Observable<StreamChunk> {
  return agent({ model, tools: [weather] }).stream(when);
}

/** What of the Then of a scenario did not come true. */
function judge({ then }: Scenario, chunks: readonly StreamChunk[]): string[] {
  const said = chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '')).join('');
  const calls = chunks.flatMap((chunk) =>
    chunk.type === 'tool-call' ? [`${chunk.toolName} ${JSON.stringify(chunk.arguments)}`] : [],
  );
  const isCalled =
    calls.length === then.calls.length && then.calls.every((call, index) => call.test(calls[index] ?? ''));
  return [
    ...(isCalled ? [] : [`calls ${list(then.calls)}, but called ${list(calls)}`]),
    ...(then.says.test(said) ? [] : [`says ${String(then.says)}, but said ${said}`]),
  ];
}

/** Plays a scenario on a model. */
async function playLive(scenario: Scenario, model: LanguageModel): Promise<string[]> {
  return judge(scenario, await lastValueFrom(answer(model, scenario).pipe(toArray())));
}

/** Plays a scenario on its script, in virtual time. */
export function playScript(scenario: Scenario): string[] {
  let wrong: string[] = [];
  const test = inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const timeline = recordTimeline(answer(fakeModel(scenario.given, { values }), scenario));
    flush();
    wrong = judge(scenario, timeline.chunks);
  });
  test();
  return wrong;
}

function list(items: readonly unknown[]): string {
  return items.join(', ') || 'nothing';
}

/** Prints the table: what came true, and what did not. */
async function printTable(): Promise<void> {
  const { RXLLM_LIVE, MODEL = 'openai/gpt-5-mini' } = process.env;
  const live = RXLLM_LIVE === '1' ? modelFrom(MODEL) : undefined;
  console.log(live ? `On ${MODEL}:` : 'On the script:');
  for (const scenario of scenarios) {
    const wrong = live ? await playLive(scenario, live) : playScript(scenario);
    console.log(`${wrong.length === 0 ? '✓' : '✗'} ${scenario.name}`);
    for (const each of wrong) console.log(`    It ${toPrintable(each)}`);
    if (wrong.length > 0) process.exitCode = 1;
  }
}

if (process.argv[1] === import.meta.filename) {
  command(
    'scenario',
    'A table of Given, When, Then. RXLLM_LIVE=1 asks a real model, MODEL names it.',
  ).parse();
  await printTable().catch(fail);
}
