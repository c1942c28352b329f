import { asyncScheduler, map, type OperatorFunction, type SchedulerLike } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';

/** Options of {@link stampTime}. */
export interface StampTimeOptions {
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** A chunk that knows when it passed {@link stampTime}. */
export type StampedChunk<T extends StreamChunk = StreamChunk> = T & {
  /** Milliseconds of the scheduler; those of `asyncScheduler` count from 1970. */
  readonly at: number;
};

/**
 * Adds to each chunk the moment at which it passed.
 *
 * The result is a chunk like any other with one field more, `at`, so that every operator, log and replay takes it.
 * What joins deltas keeps the moment of the first, what cuts one keeps its moment in all pieces; a message built of
 * the chunks has no moments. Put it where the time is meant: before `bufferChunks` it tells when the model sent.
 *
 * ```text
 * source:  --s---a-f|        s: start, a: text, f: finish
 * result:  --S---A-F|        stampTime(), S.at: 2, A.at: 6, F.at: 8
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model
 *   .stream('Tell me a joke')
 *   .pipe(stampTime(), pairwise(), map(([before, chunk]) => chunk.at - before.at))
 *   .subscribe((gap) => histogram.record(gap));
 * ```
 *
 * @see {@link trackProgress} for the times of the whole stream.
 */
export function stampTime<T extends StreamChunk>({
  scheduler = asyncScheduler,
}: StampTimeOptions = {}): OperatorFunction<T, StampedChunk<T>> {
  return map((chunk) => ({ ...chunk, at: scheduler.now() }));
}
