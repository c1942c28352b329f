import { concatMap, defer, from, type Observable, type ObservableInput, of } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import type { ChunkFormat } from './format.ts';
import { checkReadable, readResponse } from './internal/readResponse.ts';

/** Options of {@link fromResponse}. */
export interface FromResponseOptions {
  /** How the body is read. @defaultValue sse() or ndjson(), by the content-type */
  readonly format?: ChunkFormat;
}

/**
 * Reads the chunks out of an HTTP response.
 *
 * The inverse of {@link toResponse}: the chunks are those of the server, and so are the errors, with class, partial and
 * `retryable`. A response can be read once; where subscribers come again, as with {@link retryStream}, give an
 * Observable that makes a new request for each.
 *
 * ```text
 * body:    --s--a--b--fe|       s: start, a b: text, f: finish, e: the end marker
 * result:  --s--a--b--(f|)      fromResponse(response)
 *
 * body:    --s--a--|
 * result:  --s--a--#            the connection was cut
 * ```
 *
 * Errors with what the server failed with; with {@link StreamInterruptedError} where the body ends without its end
 * marker, and with {@link ProviderError} where the status is an error, the body has another content-type, such as
 * that of a page of HTML, or cannot be read. Unsubscribing cancels the body, whereupon the server aborts its request.
 *
 * @example
 * ```ts
 * fromResponse(defer(() => fetch('/chat'))).pipe(retryStream(), accumulateText()).subscribe(show);
 * ```
 *
 * @see {@link fromServerSentEvents} to make the request too.
 */
export function fromResponse(
  response: Response | ObservableInput<Response>,
  options: FromResponseOptions = {},
): Observable<StreamChunk> {
  const format = options.format === undefined ? undefined : checkReadable('fromResponse', options.format);
  return defer(() => (isResponse(response) ? of(response) : from(response))).pipe(
    concatMap((given) => readResponse(given, format)),
  );
}

/** By structure: there may be several classes of this name. */
function isResponse(value: Response | ObservableInput<Response>): value is Response {
  return 'status' in value && 'headers' in value;
}
