import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  finalize,
  type Observable,
  retry,
  type SchedulerLike,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { OpenCall } from '../operators/internal/openCall.ts';
import { toObservable } from '../operators/internal/toObservable.ts';
import { fromSdkError } from '../providers/wire/sdkError.ts';
import { checkNumber } from '../src/checkOptions.ts';
import { isRxllmError } from '../src/errors.ts';
import type { ChunkFormat, LoggedChunk } from './format.ts';
import { checkReadable, hostOf, type ReadableFormat, readResponse } from './internal/readResponse.ts';
import { wasTold } from './internal/toldErrors.ts';
import { sse } from './sse.ts';

type HeaderMap = Readonly<Record<string, string>>;

/** Options of {@link fromServerSentEvents}. */
export interface FromServerSentEventsOptions {
  /** @defaultValue 'POST' where there is a body, else 'GET' */
  readonly method?: string;
  /** Headers, or what is asked for them at each attempt: a token may have become another. */
  readonly headers?: HeaderMap | (() => HeaderMap | PromiseLike<HeaderMap> | Observable<HeaderMap>);
  /** Text, bytes, a Blob, FormData and URLSearchParams are sent as `fetch` sends them, all else as JSON. */
  readonly body?: unknown;
  /** The format of the answer, any that can be read. @defaultValue sse() */
  readonly format?: ChunkFormat;
  /** The `eventId` after which the answer goes on, of a run that was followed before. */
  readonly lastEventId?: string | null;
  /** How often to connect again without a chunk in between, where the server has a replay log. @defaultValue 5 */
  readonly reconnects?: number;
  /** Milliseconds before the first of these; each later wait doubles. @defaultValue 500 */
  readonly delay?: number;
  /** Makes the requests. @defaultValue the global one */
  readonly fetch?: typeof globalThis.fetch;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Asks a server for an answer, and emits its chunks.
 *
 * One subscription is one request; nothing is requested before, as on a server that renders the page. Unlike an
 * `EventSource` it can `POST`, has headers, and ends when the answer ends.
 *
 * Where the chunks have an `eventId`, as those of a {@link replayLog} have, a connection that is lost is made again
 * with `Last-Event-ID`, and the answer goes on behind the last chunk: every chunk comes once. Else a lost connection is
 * an error, and `retryStream` downstream begins anew.
 *
 * ```text
 * 1st request:  s-a-#                     s: start, a b: text, f: finish
 * 2nd request:         -b-f|              behind a
 * result:       s-a-----b-f|              fromServerSentEvents('/chat', { delay: 3 })
 * ```
 *
 * Errors as {@link fromResponse} does, and with {@link ProviderError} where the server cannot be reached. Unsubscribing
 * aborts the request.
 *
 * @example
 * ```ts
 * fromServerSentEvents('/chat', { body: { messages }, headers: () => ({ authorization: `Bearer ${token()}` }) })
 *   .pipe(accumulateResponse())
 *   .subscribe(show);
 * ```
 */
export function fromServerSentEvents(
  url: string | URL,
  options: FromServerSentEventsOptions = {},
): Observable<LoggedChunk> {
  const { format: given = sse(), reconnects = 5, delay = 500, scheduler = asyncScheduler } = options;
  checkNumber('fromServerSentEvents', 'reconnects', reconnects, { integer: true });
  checkNumber('fromServerSentEvents', 'delay', delay);
  const format = checkReadable('fromServerSentEvents', given);

  return defer(() => {
    const call = new OpenCall('all');
    let lastEventId = options.lastEventId ?? undefined;
    let hasReconnected = false;

    const mayReconnect = (error: unknown) =>
      lastEventId !== undefined && isRxllmError(error) && error.retryable && !wasTold(error);

    return defer(() => request(url, options, format, lastEventId)).pipe(
      tap((chunk: LoggedChunk) => {
        lastEventId = chunk.eventId ?? lastEventId;
        call.take(chunk);
      }),
      retry({
        count: reconnects,
        resetOnSuccess: true,
        delay: (error: unknown, attempt) => {
          if (!mayReconnect(error)) return throwError(() => error as Error);
          hasReconnected = true;
          return timer(delay * 2 ** (attempt - 1), scheduler);
        },
      }),
      // The last connection has seen only the end of the call.
      catchError((error: unknown) =>
        throwError(() =>
          hasReconnected && isRxllmError(error) && !wasTold(error)
            ? error.withPartial(() => call.partial)
            : (error as Error),
        ),
      ),
    );
  });
}

/** One request. */
function request(
  url: string | URL,
  { method, headers, body, fetch = globalThis.fetch }: FromServerSentEventsOptions,
  format: ReadableFormat,
  lastEventId: string | undefined,
): Observable<LoggedChunk> {
  const controller = new AbortController();
  const hasBody = body !== undefined;
  const isJson = hasBody && !isSentAsItIs(body);

  const connect = (given: HeaderMap) =>
    fetch(url, {
      method: method ?? (hasBody ? 'POST' : 'GET'),
      headers: {
        accept: format.contentType,
        ...(isJson && { 'content-type': 'application/json' }),
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
        ...given,
      },
      ...(hasBody && { body: isJson ? JSON.stringify(body) : (body as BodyInit) }),
      signal: controller.signal,
    });

  return defer(() =>
    toObservable<HeaderMap>((typeof headers === 'function' ? headers() : headers) ?? {}),
  ).pipe(
    concatMap(connect),
    catchError((error: unknown) => throwError(() => fromSdkError(error, { provider: hostOf(String(url)) }))),
    concatMap((response) => readResponse(response, format)),
    finalize(() => controller.abort()),
  );
}

/** By their tags: there may be several classes of these names. */
const sentAsTheyAre = ['URLSearchParams', 'FormData', 'Blob', 'File', 'ArrayBuffer'];

function isSentAsItIs(body: unknown): boolean {
  const tag = Object.prototype.toString.call(body).slice('[object '.length, -1);
  return typeof body === 'string' || ArrayBuffer.isView(body) || sentAsTheyAre.includes(tag);
}
