import { catchError, endWith, map, of } from 'rxjs';
import { selectText } from '../operators/selectText.ts';
import { toErrorFacts } from '../src/errors.ts';
import type { ChunkFormat } from './format.ts';
import { eventStream, writeEvent } from './internal/eventStream.ts';
import { throwErrorChunks } from './internal/throwErrorChunks.ts';

/**
 * The text of the answer as Server-Sent Events: each piece is the data of an unnamed event, without JSON.
 *
 * What `EventSource.onmessage` gets is text to be appended. The last event is `end`, whose data is empty, or
 * `stream-error` with the message of the error; the `EventSource` has to be closed at either. Text that was written
 * cannot be taken back: a `restart` that voids some ends it with a `stream-error`. Put
 * `retryStream({ afterOutput: 'hold' })` upstream.
 *
 * @example
 * ```ts
 * return toResponse(model.stream('Tell me a joke'), { format: sseText() });
 * ```
 */
export function sseText(): ChunkFormat {
  return {
    ...eventStream,
    encode: (source) =>
      source.pipe(
        throwErrorChunks(),
        selectText(),
        map((data) => writeEvent({ data })),
        endWith(writeEvent({ event: 'end', data: '' })),
        catchError((error: unknown) =>
          of(writeEvent({ event: 'stream-error', data: toErrorFacts(error).message })),
        ),
      ),
  };
}
