import { catchError, type MonoTypeOperatorFunction, of } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { isRxllmError, toErrorFacts } from '../src/errors.ts';

/**
 * Turns an error into a last chunk of type `error`, and completes.
 *
 * For the edge of a process, where an error has to travel as JSON. Within a pipeline leave errors alone: behind this
 * operator no retry sees them. The chunk carries the facts and the partial, not the `cause`.
 *
 * ```text
 * source:  s-a-#
 * result:  s-a-(e|)        errorsToChunks(), s: start, a: text, e: error
 * ```
 *
 * Never errors. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream(question).pipe(retryStream(), errorsToChunks(), map((chunk) => JSON.stringify(chunk)));
 * ```
 */
export function errorsToChunks(): MonoTypeOperatorFunction<StreamChunk> {
  return catchError((error: unknown) =>
    of<StreamChunk>({ type: 'error', error: isRxllmError(error) ? error.toJSON() : toErrorFacts(error) }),
  );
}
