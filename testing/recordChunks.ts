import { asyncScheduler, defer, type MonoTypeOperatorFunction, type SchedulerLike, tap } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { isRxllmError, toErrorFacts } from '../src/errors.ts';
import type { LoggedEvent, LogLine } from './chunkLog.ts';

/** Options of {@link recordChunks}. */
export interface RecordChunksOptions {
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Passes a stream on as it is and writes it down, a line of JSON for each chunk and one for its end.
 *
 * A line goes to `sink`, without a line break, before the subscriber gets the chunk; `at` is milliseconds since the
 * subscription. An error is written as its facts and its partial, without the `cause`. One log holds one stream: put
 * it behind {@link retryStream}, so that all attempts are in it, and give each subscription a sink of its own.
 *
 * ```text
 * source:  s-a-f|             recordChunks((line) => lines.push(line))
 * result:  s-a-f|
 * sink:    {"at":0,"chunk":{"type":"start",…}}  …  {"at":5,"complete":true}
 * ```
 *
 * Errors with what the source errors with, and with what `sink` throws. Unsubscribing unsubscribes from the source;
 * the log then has no end, and replaying it fails there.
 *
 * @example
 * ```ts
 * model.stream(question).pipe(recordChunks((line) => appendFileSync('session.jsonl', `${line}\n`)), selectText());
 * ```
 *
 * @see {@link replayChunks} for the way back.
 */
export function recordChunks(
  sink: (line: string) => void,
  options: RecordChunksOptions = {},
): MonoTypeOperatorFunction<StreamChunk> {
  const { scheduler = asyncScheduler } = options;
  if (typeof sink !== 'function')
    throw new TypeError(`recordChunks: sink must be a function, not ${typeof sink}`);

  return (source) =>
    defer(() => {
      const start = scheduler.now();
      const write = (event: LoggedEvent) => {
        const line: LogLine = { at: scheduler.now() - start, ...event };
        sink(JSON.stringify(line));
      };

      return source.pipe(
        tap({
          next: (chunk) => write({ chunk }),
          error: (error: unknown) =>
            write({ error: isRxllmError(error) ? error.toJSON() : toErrorFacts(error) }),
          complete: () => write({ complete: true }),
        }),
      );
    });
}
