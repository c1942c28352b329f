import {
  asyncScheduler,
  concat,
  concatMap,
  defer,
  EMPTY,
  from,
  map,
  type Observable,
  type ObservableInput,
  of,
  type SchedulerLike,
  throwError,
  timer,
} from 'rxjs';
import { checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { errorFromFacts, StreamInterruptedError } from '../src/errors.ts';
import { ResponseBuilder } from '../src/response.ts';
import { endedBefore, type LogLine, readLogLine } from './chunkLog.ts';

/** Options of {@link replayChunks}. */
export interface ReplayChunksOptions {
  /** Whether chunks come when they came, or all at once. @defaultValue 'recorded' */
  readonly pace?: 'recorded' | 'at-once';
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Plays a log of {@link recordChunks}: the same chunks at the same times, and the same end.
 *
 * Under a `TestScheduler` the recorded minutes take no time. The log is its lines, from wherever they come, or all of
 * it as one string. An error comes back as the class it was, with its partial; one of a class that is not this
 * library's comes back as a `ProviderError` that may not be retried.
 *
 * ```text
 * log:     at 0: s, at 2: a, at 4: f, at 5: complete
 * result:  s-a-f|             replayChunks(log)
 * result:  (saf|)             replayChunks(log, { pace: 'at-once' })
 * ```
 *
 * Errors with the recorded error; with {@link StreamInterruptedError} where the log has no end, since its reader had
 * unsubscribed there; with {@link GrammarError} at a line that is not of such a log. Unsubscribing cancels the wait
 * under way.
 *
 * @example
 * ```ts
 * replayChunks(readFileSync('session.jsonl', 'utf8')).pipe(accumulateText());
 * ```
 *
 * @see {@link fromText} for an answer that nobody has recorded.
 */
export function replayChunks(
  lines: ObservableInput<string>,
  options: ReplayChunksOptions = {},
): Observable<StreamChunk> {
  const { pace = 'recorded', scheduler = asyncScheduler } = options;
  checkOneOf('replayChunks', 'pace', pace, ['recorded', 'at-once']);
  const source = typeof lines === 'string' ? lines.split('\n') : lines;

  return defer(() => {
    const isPaced = pace === 'recorded';
    const start = isPaced ? scheduler.now() : 0;
    const seen = new ResponseBuilder();
    let end: Observable<never> | undefined;

    const play = (line: LogLine, number: number): Observable<StreamChunk> => {
      if (end) throw endedBefore('replayChunks', number);
      if ('chunk' in line) {
        seen.add(line.chunk);
        return of(line.chunk);
      }
      end = 'error' in line ? throwError(() => errorFromFacts(line.error)) : EMPTY;
      return EMPTY;
    };
    const chunks = from(source).pipe(
      concatMap((text, index) => {
        if (text.trim() === '') return EMPTY;
        const line = readLogLine('replayChunks', text, index + 1);
        const wait = isPaced ? start + line.at - scheduler.now() : 0;
        const due = wait > 0 ? timer(wait, scheduler).pipe(map(() => line)) : of(line);
        return due.pipe(concatMap(() => play(line, index + 1)));
      }),
    );
    return concat(
      chunks,
      defer(() => end ?? throwError(() => cutOff(seen))),
    );
  });
}

/** What is said of a log whose reader had left. */
export const logHasNoEnd = 'replayChunks: the log has no end';

function cutOff(seen: ResponseBuilder): StreamInterruptedError {
  return new StreamInterruptedError(logHasNoEnd, { partial: () => seen.partial });
}
