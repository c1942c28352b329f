import {
  asyncScheduler,
  ignoreElements,
  Observable,
  type OperatorFunction,
  type SchedulerLike,
  type Subscriber,
  type Subscription,
  tap,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { type BoundaryFinder, findBoundary } from './internal/boundaries.ts';
import { longestDelay } from './internal/deadline.ts';
import { areOfOne, type DeltaChunk, isDelta, textOf, withText } from './internal/deltas.ts';

/** Options of {@link bufferChunks}. Of several limits the one that is reached first counts. */
export interface BufferChunksOptions {
  /** Most deltas of a batch. */
  readonly count?: number;
  /** Most milliseconds from the first delta of a batch to the batch. @defaultValue 50 if there is no other limit */
  readonly time?: number;
  /** Length of text, in UTF-16 code units, with which a batch is complete; the delta that reaches it stays whole. */
  readonly characters?: number;
  /**
   * Ends batches behind white space (`word`), behind the white space after `.`, `!`, `?` or `…`, behind `。`, `！` or
   * `？` and at the end of a line (`sentence`), or at the end of a line (`line`).
   */
  readonly boundary?: 'word' | 'sentence' | 'line';
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Collects neighbouring deltas into batches, for consumers that are slower than the model.
 *
 * Only deltas wait (text, refusal, thinking, arguments of tool calls), and a batch holds those of one block. Every
 * other chunk, `restart` included, first flushes what is held and is then a batch of its own, at once. With
 * `boundary` a delta is cut behind the last boundary in it, and its rest begins the next batch.
 *
 * ```text
 * source:  s-a-b-c-----f|            s: start, a b c: text, f: finish
 * result:  S---B-----C-F|            bufferChunks({ count: 2, time: 4 })
 *                                    S: [s], B: [a b], C: [c], F: [f]
 * ```
 *
 * Errors with what the source errors with; what is held is flushed before that, and before completion. Unsubscribing
 * drops what is held and cancels the timer.
 *
 * @example
 * ```ts
 * model
 *   .stream('Tell me a story')
 *   .pipe(bufferChunks({ boundary: 'sentence' }), joinDeltas(), concatAll(), selectText())
 *   .subscribe((sentence) => speak(sentence));
 * ```
 *
 * @see {@link joinDeltas} to make one delta of each batch.
 */
export function bufferChunks(
  options: BufferChunksOptions = {},
): OperatorFunction<StreamChunk, StreamChunk[]> {
  const { count, characters, boundary, scheduler = asyncScheduler } = options;
  const time = options.time ?? ((count ?? characters ?? boundary) ? undefined : 50);
  checkNumber('bufferChunks', 'count', count, { min: 1, integer: true });
  checkNumber('bufferChunks', 'time', time);
  checkNumber('bufferChunks', 'characters', characters, { min: 1, integer: true });
  checkOneOf('bufferChunks', 'boundary', boundary, ['word', 'sentence', 'line']);

  // The buffers of RxJS drop what they hold when the source errors, and know no timer that begins with a batch.
  return (source) =>
    new Observable((subscriber) => {
      const batch = new Batch(subscriber, {
        count,
        time,
        characters,
        scheduler,
        find: boundary && findBoundary(boundary),
      });
      const flush = () => batch.flush();

      return source
        .pipe(tap({ next: (chunk) => batch.take(chunk), error: flush, complete: flush }), ignoreElements())
        .subscribe(subscriber);
    });
}

interface Limits {
  readonly count: number | undefined;
  readonly time: number | undefined;
  readonly characters: number | undefined;
  readonly scheduler: SchedulerLike;
  readonly find: BoundaryFinder | undefined;
}

/** What is held for one subscriber. */
class Batch {
  readonly #subscriber: Subscriber<StreamChunk[]>;
  readonly #limits: Limits;
  readonly #flush = () => this.flush();
  #held: DeltaChunk[] = [];
  #length = 0;
  #timer: Subscription | undefined;

  constructor(subscriber: Subscriber<StreamChunk[]>, limits: Limits) {
    this.#subscriber = subscriber;
    this.#limits = limits;
  }

  take(chunk: StreamChunk): void {
    if (!isDelta(chunk)) {
      this.flush();
      this.#subscriber.next([chunk]);
      return;
    }
    const first = this.#held[0];
    if (first && !areOfOne(first, chunk)) this.flush();
    const text = textOf(chunk);
    const end = this.#limits.find?.(text, this.#held.length === 0) ?? 0;

    if (end === 0) {
      this.#hold(chunk, text.length);
    } else if (end === text.length) {
      this.#held.push(chunk);
      this.flush();
    } else {
      this.#held.push(withText(chunk, text.slice(0, end)));
      this.flush();
      this.#hold(withText(chunk, text.slice(end)), text.length - end);
    }
  }

  flush(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    this.#length = 0;
    this.#timer?.unsubscribe();
    this.#subscriber.next(held);
  }

  #hold(chunk: DeltaChunk, length: number): void {
    const {
      count = Number.POSITIVE_INFINITY,
      time,
      characters = Number.POSITIVE_INFINITY,
      scheduler,
    } = this.#limits;
    this.#length += length;
    if (this.#held.push(chunk) >= count || this.#length >= characters) {
      this.flush();
    } else if (time !== undefined && this.#held.length === 1) {
      this.#timer = scheduler.schedule(this.#flush, Math.min(time, longestDelay));
      this.#subscriber.add(this.#timer);
    }
  }
}
