import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  map,
  type Observable,
  type SchedulerLike,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { FinishReason, StreamChunk } from '../src/chunk.ts';
import { StreamInterruptedError } from '../src/errors.ts';
import type { JsonObject } from '../src/json.ts';
import { ResponseBuilder } from '../src/response.ts';
import type { Usage } from '../src/usage.ts';
import { brokenOff, type ChunkError, fakeOrigin } from './chunkDraft.ts';
import { graphemesOfAll, joinUnits, seededRandom, type TextUnit } from './cutText.ts';

/** A tool call within the text of {@link fromText}. */
export interface TextToolCall {
  readonly toolName: string;
  /** @defaultValue {} */
  readonly arguments?: JsonObject;
  /** @defaultValue 'call_0' for the first call of the list, 'call_1' for the second, … */
  readonly toolCallId?: string;
  /** Where in the text the model makes the call, see {@link TextFailure.at}. @defaultValue behind the text */
  readonly at?: number;
}

/** How the stream of {@link fromText} fails. */
export interface TextFailure {
  /**
   * How much of the text comes before, as an index into the string; an index inside a grapheme means behind it.
   *
   * @defaultValue all of it
   */
  readonly at?: number;
  /**
   * What it fails with: an error, or a function that makes one of what had come, its `partial` included.
   *
   * @defaultValue a StreamInterruptedError with that partial
   */
  readonly error?: ChunkError;
}

/** Options of {@link fromText}. */
export interface FromTextOptions {
  /**
   * What the text is cut into: characters as readers see them, words with the space behind them, or pieces like a
   * model's tokens: up to five letters with the space before them, up to three digits, or one other character.
   *
   * @defaultValue 'word'; 'grapheme' with `chunkSize` or `seed`
   */
  readonly by?: TextUnit;
  /** How many of those a chunk has. @defaultValue 1; 8 with `seed` */
  readonly chunkSize?: number;
  /** Makes the sizes vary from 1 to `chunkSize`: at random, and the same for the same seed. @defaultValue they do not */
  readonly seed?: number;
  /** Milliseconds before each chunk of content; without it everything comes at once. @defaultValue 0 */
  readonly interval?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
  /** What the model thinks before it speaks; cut like the text. */
  readonly thinking?: string;
  /** The tools that it calls; their arguments are cut like the text. */
  readonly toolCalls?: readonly TextToolCall[];
  /** Ends the stream with an error instead of a finish. */
  readonly failure?: TextFailure;
  /** @defaultValue 'stop'; 'tool-calls' where it calls tools */
  readonly finishReason?: FinishReason;
  /** Told in a `usage` chunk and in `finish`. */
  readonly usage?: Usage;
  /** @defaultValue 'test' */
  readonly provider?: string;
  /** @defaultValue 'test-1' */
  readonly model?: string;
}

/**
 * One whole model call that says a text, cut into chunks as a model cuts it.
 *
 * No grapheme is ever torn, and each subscription gets the same chunks. With `interval` each piece of text, thinking
 * and tool call comes that long after the one before it, the first one too; `start`, usage, finish and a failure do
 * not wait. A tool call in the middle makes two blocks of the text.
 *
 * ```text
 * result:  (sabcf|)              fromText('one two six'), a b c: 'one ', 'two ', 'six', s: start, f: finish
 * result:  s--a--b--(cf|)        fromText('one two six', { interval: 3 })
 * result:  s--a--#               fromText('one two six', { interval: 3, failure: { at: 4 } })
 * ```
 *
 * A tool streams its status with it as `fromText(…).pipe(accumulateText())`: each emission is the status so far, and
 * the last one, which is the tool's result, is the whole text.
 *
 * Errors with `failure.error`, if asked to. Unsubscribing cancels the wait under way. A wrong option throws a
 * `RangeError` at the call.
 *
 * @example
 * ```ts
 * it('answers letter by letter', inVirtualTime(({ fakeModel, expectObservable }) => {
 *   const model = fakeModel([fromText('Grüezi', { chunkSize: 3, interval: 20 })]);
 *
 *   expectObservable(model.stream('Hello').pipe(selectText())).toBe('20ms a 19ms (b|)', { a: 'Grü', b: 'ezi' });
 * }));
 * ```
 *
 * Outside of virtual time a fake is an object: `{ provider, model, capabilities, stream: () => fromText(…) }`.
 *
 * @see {@link replayChunks} for the chunks of a real model.
 */
export function fromText(text: string, options: FromTextOptions = {}): Observable<StreamChunk> {
  checkOptions(text, options);
  const { interval = 0, scheduler = asyncScheduler, thinking = '', toolCalls = [], failure } = options;
  const argumentTexts = toolCalls.map((call) => JSON.stringify(call.arguments ?? {}));

  return defer(() => {
    const seen = new ResponseBuilder();
    const chunks = graphemesOfAll([text, thinking, ...argumentTexts]).pipe(
      concatMap((graphemes) => writeCall(graphemes, options)),
      concatMap((chunk) =>
        interval > 0 && isContent(chunk) ? timer(interval, scheduler).pipe(map(() => chunk)) : [chunk],
      ),
      tap((chunk) => seen.add(chunk)),
    );
    return failure
      ? concat(
          chunks,
          throwError(() => toError(options, seen)),
        )
      : chunks;
  });
}

function checkOptions(text: unknown, options: FromTextOptions): void {
  if (typeof text !== 'string')
    throw new TypeError(`fromText: the text must be a string, not ${typeof text}`);
  const { by, chunkSize, seed, interval, toolCalls = [], failure } = options;
  checkOneOf('fromText', 'by', by, ['grapheme', 'word', 'token']);
  checkNumber('fromText', 'chunkSize', chunkSize, { min: 1, integer: true });
  checkNumber('fromText', 'seed', seed, { min: Number.MIN_SAFE_INTEGER, integer: true });
  checkNumber('fromText', 'interval', interval);
  checkNumber('fromText', 'failure.at', failure?.at, { max: text.length, integer: true });
  for (const [index, { at, toolName }] of toolCalls.entries()) {
    checkNumber('fromText', `toolCalls[${index}].at`, at, { max: text.length, integer: true });
    if (typeof toolName !== 'string' || toolName === '') {
      throw new RangeError(
        `fromText: toolCalls[${index}].toolName must be a name, not ${JSON.stringify(toolName)}`,
      );
    }
  }
}

/** The chunks of the call up to its finish, or up to its failure. */
function* writeCall(
  [text = [], thinking = [], ...args]: readonly string[][],
  options: FromTextOptions,
): Generator<StreamChunk> {
  const { toolCalls = [], failure, usage } = options;
  const { provider = fakeOrigin.provider, model = fakeOrigin.model } = options;
  const cut = cutter(options);
  const end = indexOf(text, failure?.at);
  const calls = toolCalls
    .map((call, index) => ({ ...call, index, place: indexOf(text, call.at) }))
    .filter(({ place }) => place <= end)
    .sort((one, other) => one.place - other.place);
  let block = 0;
  let spoken = 0;

  function* speakUntil(place: number): Generator<StreamChunk> {
    for (const piece of cut(text.slice(spoken, place))) yield { type: 'text-delta', text: piece, block };
    if (place > spoken) block += 1;
    spoken = place;
  }

  yield { type: 'start', provider, model };
  for (const piece of cut(thinking)) yield { type: 'thinking-delta', text: piece, block, kind: 'thinking' };
  if (thinking.length > 0) block += 1;

  for (const { index, place, toolName, toolCallId = `call_${index}`, ...call } of calls) {
    yield* speakUntil(place);
    yield { type: 'tool-call-start', toolCallId, toolName, block };
    for (const argumentsDelta of cut(args[index] ?? [])) {
      yield { type: 'tool-call-delta', toolCallId, argumentsDelta, block };
    }
    yield { type: 'tool-call', toolCallId, toolName, arguments: call.arguments ?? {}, block };
    block += 1;
  }
  yield* speakUntil(end);

  if (failure) return;
  if (usage) yield { type: 'usage', usage };
  const reason = options.finishReason ?? (toolCalls.length > 0 ? 'tool-calls' : 'stop');
  yield { type: 'finish', reason, ...(usage && { usage }), metadata: {} };
}

function cutter({
  by,
  chunkSize,
  seed,
}: FromTextOptions): (graphemes: readonly string[]) => Generator<string> {
  const unit = by ?? (chunkSize === undefined && seed === undefined ? 'word' : 'grapheme');
  if (seed === undefined) return (graphemes) => joinUnits(graphemes, unit, () => chunkSize ?? 1);

  const random = seededRandom(seed);
  return (graphemes) => joinUnits(graphemes, unit, () => 1 + Math.floor(random() * (chunkSize ?? 8)));
}

/** How many graphemes it takes to reach an index of the text. */
function indexOf(graphemes: readonly string[], at = Number.POSITIVE_INFINITY): number {
  let length = 0;
  let count = 0;
  for (const grapheme of graphemes) {
    if (length >= at) break;
    length += grapheme.length;
    count += 1;
  }
  return count;
}

function isContent({ type }: StreamChunk): boolean {
  return type.endsWith('-delta') || type === 'tool-call-start';
}

function toError({ failure, provider }: FromTextOptions, seen: ResponseBuilder): Error {
  const error = failure?.error;
  const details = { provider: provider ?? fakeOrigin.provider, partial: () => seen.partial };
  if (typeof error === 'function') return error(details) as Error;
  return error ?? new StreamInterruptedError(brokenOff, details);
}
