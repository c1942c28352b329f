import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  endWith,
  ignoreElements,
  interval,
  map,
  type Observable,
  of,
  type OperatorFunction,
  type SchedulerLike,
  takeUntil,
  tap,
} from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { checkPrice, type Price } from '../src/cost.ts';
import { addUsage, type Usage } from '../src/usage.ts';
import { longestDelay } from './internal/deadline.ts';
import { isDelta, textOf } from './internal/deltas.ts';
import { OutputMeter } from './internal/outputMeter.ts';

/** Options of {@link trackProgress}. */
export interface TrackProgressOptions {
  /** Milliseconds from one snapshot to the next, also while nothing arrives. @defaultValue one at each chunk */
  readonly every?: number;
  /** What the model's tokens cost. @defaultValue there is no `cost` */
  readonly price?: Price;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** How far a stream is, from {@link trackProgress}. Of voided attempts it has only what they are billed. */
export interface StreamProgress {
  /** True in the last one, which comes with completion or an error. */
  readonly isDone: boolean;
  /** Milliseconds since subscription. */
  readonly elapsedMs: number;
  /** Milliseconds from subscription to the first content; absent before it. */
  readonly timeToFirstChunkMs?: number;
  /** UTF-16 code units, a string's `length`, of text, thinking, refusal and arguments of tool calls. */
  readonly characters: number;
  /** Tokens of the answers, as reported, and estimated from the latest report on: one for four bytes of UTF-8. */
  readonly outputTokens: number;
  /** Whether some of `outputTokens` are an estimate. */
  readonly isEstimated: boolean;
  /** `outputTokens` by the time in which they came: in each call from the first content on, without tools and waits. */
  readonly tokensPerSecond?: number;
  /** How often each tool was called. */
  readonly tools: Readonly<Record<string, number>>;
  /** Tokens as reported, of the calls that count; `partial` while a call is open or where one was cut. */
  readonly usage?: Usage;
  /** Tokens as reported, of all calls, voided attempts included. */
  readonly billedUsage?: Usage;
  /** What is billed, estimated output included, in the currency of `price`. */
  readonly cost?: number;
}

/**
 * Emits how far the stream is: time, characters, tokens, speed, tools, usage and cost.
 *
 * The snapshots take the place of the chunks, so this belongs on a run that is shared. There is one behind each chunk,
 * or by `every` one at a time whether anything arrives or not, and always a last one with completion and before an
 * error. What a `restart` voids is taken back, but stays billed.
 *
 * ```text
 * source:  s--a--b--f|        s: start, a b: text, f: finish
 * result:  1--2--3--4(5|)     trackProgress(), 1.elapsedMs: 0, 2.timeToFirstChunkMs: 3, 3.characters: 2
 *                             4.isDone: false, 5.isDone: true
 * result:  ----6---7-(8|)     trackProgress({ every: 4 }), 6.elapsedMs: 4, 7.elapsedMs: 8, 8.isDone: true
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source and stops the timer.
 *
 * @example
 * ```ts
 * const run = model.stream('Tell me a story').pipe(shareRun());
 * run.pipe(trackProgress({ every: 100, price: { input: 3, output: 15 } })).subscribe(({ tokensPerSecond, cost }) => {
 *   status.textContent = `${tokensPerSecond?.toFixed()} tokens/s, $${cost?.toFixed(4)}`;
 * });
 * ```
 *
 * @see {@link collectResponse} for usage and times once, at the end.
 * @see {@link limitOutput} to stop what gets too expensive.
 */
export function trackProgress(
  options: TrackProgressOptions = {},
): OperatorFunction<StreamChunk, StreamProgress> {
  const { every, price, scheduler = asyncScheduler } = options;
  checkNumber('trackProgress', 'every', every, { min: 1 });
  checkPrice('trackProgress', price);

  return (source) =>
    defer(() => {
      const progress = new Progress(scheduler, price);
      const taken = source.pipe(tap((chunk) => progress.take(chunk)));
      const moments: Observable<unknown> =
        every === undefined
          ? taken
          : interval(Math.min(every, longestDelay), scheduler).pipe(
              takeUntil(taken.pipe(ignoreElements(), endWith(0))),
            );
      const last = defer(() => of(progress.snapshot(true)));

      return concat(
        moments.pipe(
          map(() => progress.snapshot(false)),
          catchError((error: unknown) =>
            concat(
              last,
              defer(() => fail(error)),
            ),
          ),
        ),
        last,
      );
    });
}

function fail(error: unknown): never {
  throw error;
}

/** What has come of calls. */
interface Count {
  readonly characters: number;
  /** Milliseconds of the scheduler in which content came. */
  readonly contentMs: number;
  readonly tools: Readonly<Record<string, number>>;
}

class Progress {
  readonly #scheduler: SchedulerLike;
  readonly #meter: OutputMeter;
  readonly #hasPrice: boolean;
  readonly #startTime: number;
  #firstTime: number | undefined;
  /** Of the calls that have finished. */
  #finished: Count = { characters: 0, contentMs: 0, tools: {} };
  #usage: Usage | undefined;
  #billedUsage: Usage | undefined;
  /** Of these and the open call. */
  #characters = 0;
  #tools = this.#finished.tools;
  /** Of the open call. */
  #firstTimeOfCall: number | undefined;
  #openUsage: Usage | undefined;

  constructor(scheduler: SchedulerLike, price: Price | undefined) {
    this.#scheduler = scheduler;
    this.#meter = new OutputMeter(price);
    this.#hasPrice = price !== undefined;
    this.#startTime = scheduler.now();
  }

  take(chunk: StreamChunk): void {
    this.#meter.take(chunk);
    if ('block' in chunk) {
      this.#firstTimeOfCall ??= this.#scheduler.now();
      this.#firstTime ??= this.#firstTimeOfCall;
    }
    if (isDelta(chunk)) {
      this.#characters += textOf(chunk).length;
      return;
    }
    switch (chunk.type) {
      case 'tool-call': {
        const { toolName } = chunk;
        const before = Object.hasOwn(this.#tools, toolName) ? this.#tools[toolName] : undefined;
        this.#tools = { ...this.#tools, [toolName]: (before ?? 0) + 1 };
        break;
      }
      case 'usage':
        this.#openUsage = chunk.usage;
        break;
      case 'finish':
        this.#usage = addUsage(this.#usage, chunk.usage);
        this.#finished = { characters: this.#characters, contentMs: this.#contentMs, tools: this.#tools };
        this.#close(chunk.usage);
        break;
      case 'restart':
        ({ characters: this.#characters, tools: this.#tools } = this.#finished);
        this.#close(chunk.usage ?? (this.#openUsage && asPartial(this.#openUsage)));
        break;
      default:
    }
  }

  snapshot(isDone: boolean): StreamProgress {
    const { tokens, cost } = this.#meter;
    const contentMs = this.#contentMs;
    const open = this.#openUsage && asPartial(this.#openUsage);
    const usage = addUsage(this.#usage, open);
    const billedUsage = addUsage(this.#billedUsage, open);

    return {
      isDone,
      elapsedMs: this.#scheduler.now() - this.#startTime,
      ...(this.#firstTime !== undefined && { timeToFirstChunkMs: this.#firstTime - this.#startTime }),
      characters: this.#characters,
      outputTokens: Math.ceil(tokens),
      isEstimated: tokens !== (usage?.outputTokens ?? 0),
      ...(contentMs > 0 && { tokensPerSecond: (tokens * 1_000) / contentMs }),
      tools: this.#tools,
      ...(usage && { usage }),
      ...(billedUsage && { billedUsage }),
      ...(this.#hasPrice && { cost }),
    };
  }

  get #contentMs(): number {
    const open = this.#firstTimeOfCall === undefined ? 0 : this.#scheduler.now() - this.#firstTimeOfCall;
    return this.#finished.contentMs + open;
  }

  #close(usage: Usage | undefined): void {
    this.#billedUsage = addUsage(this.#billedUsage, usage);
    this.#openUsage = undefined;
    this.#firstTimeOfCall = undefined;
  }
}

/** More may be billed than was told. */
function asPartial(usage: Usage): Usage {
  return { ...usage, partial: true };
}
