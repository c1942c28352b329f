/** Asks several models the same, side by side: -- "A prompt" openai/gpt-5-mini ollama/qwen3:4b; without, a demo. */
import { combineLatest, forkJoin, lastValueFrom, of } from 'rxjs';
import { InvalidRequestError, type LanguageModel } from 'rxllm';
import { modelFrom } from 'rxllm/models';
import { interruptOn, shareRun } from 'rxllm/operators';
import { fromText, type FromTextOptions } from 'rxllm/testing';
import { command } from './start/command.ts';
import { steady } from './start/conversation.ts';
import { watchLane } from './start/lane.ts';
import { toPrintable } from './start/printable.ts';
import { drawLanes, finalPicture, isLive } from './start/screen.ts';
import { stopOnInterrupt } from './start/stopOnInterrupt.ts';
import { type Outcome, summary, toOutcome } from './start/summary.ts';

/** Models that need no key: each says what it has to say, at its own pace. */
const demo = [
  play('quick', 'Because nothing stops them: a ball touches the ground in one point.', { interval: 30 }),
  play('thoughtful', 'A slope pulls them down, and being round they turn rather than slide.', {
    interval: 45,
    thinking: 'Gravity, of course. But why roll and not slide? Friction holds the lowest point still.',
  }),
  play('broken', 'They roll because', { interval: 40, failure: { at: 9 } }),
];

const program = command('compare', 'Asks several models the same, side by side. Without models: a demo.')
  .argument('[prompt]', 'what to ask', 'Why do marbles roll?')
  .argument('[models...]', 'provider/name of each')
  .parse();
const [prompt, names] = program.processedArgs as [string, string[]];
if (program.args.length === 1) program.error('error: a prompt needs models: openai/gpt-5-mini, for instance');

const signal = stopOnInterrupt();
const models = findModels(names);
const outcomes = await compare(prompt, models, signal);
console.error(`\n${summary(outcomes)}`);
// That one of the demo breaks is meant.
const hasFailed = models !== demo && outcomes.some(({ error }) => error !== undefined);
process.exitCode = signal.aborted ? 130 : hasFailed ? 1 : 0;

/** Every model is asked at once; one that fails is shown so, and the others go on. */
async function compare(
  question: string,
  models: readonly LanguageModel[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  // The screen and the outcome watch one and the same request.
  const runs = models.map((model) => ({
    name: model.provider,
    model: model.model,
    chunks: steady(model).stream(question).pipe(interruptOn(signal), shareRun()),
  }));
  const ends = runs.map(({ chunks, name, model }) => toOutcome(chunks, name, model));
  const lanes = runs.map(({ chunks, name, model }) => watchLane(chunks, { name, model, signal }));
  const picture = isLive ? drawLanes(combineLatest(lanes)) : of([]);

  console.error(`${question}\n`);
  const [all, last] = await lastValueFrom(forkJoin([forkJoin(ends), picture]));
  if (isLive) console.error(finalPicture(last));
  else
    for (const { name, text, error } of all) console.log(`${name}\n${toPrintable(error ?? text).trim()}\n`);
  return all;
}

function findModels(given: readonly string[]): readonly LanguageModel[] {
  if (given.length === 0) return demo;
  try {
    return given.map((name) => modelFrom(name));
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    return program.error(`error: ${error.message}`);
  }
}

function play(provider: string, text: string, options: FromTextOptions): LanguageModel {
  const facts = { provider, model: 'demo' };
  const able = {
    streaming: true,
    tools: false,
    parallelTools: false,
    thinking: true,
    structuredOutput: false,
    images: false,
  };
  return { ...facts, capabilities: able, stream: () => fromText(text, { ...options, ...facts }) };
}
