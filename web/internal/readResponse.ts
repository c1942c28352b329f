import { catchError, concatMap, EMPTY, type Observable, reduce, takeWhile, throwError } from 'rxjs';
import { fromSdkError } from '../../providers/wire/sdkError.ts';
import { shorten } from '../../providers/wire/wireError.ts';
import type { ErrorChunk, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts, InvalidRequestError, ProviderError, type RxllmError } from '../../src/errors.ts';
import type { ChunkFormat } from '../format.ts';
import { ndjson } from '../ndjson.ts';
import { sse } from '../sse.ts';
import { bodyText } from './bodyText.ts';
import { checkFormat } from './checkFormat.ts';

/** How much of an answer that is no stream is read: an error may hold the text of a long partial answer. */
const longestAnswer = 2 ** 20;

/** A format that can be read. */
export type ReadableFormat = ChunkFormat & Required<Pick<ChunkFormat, 'decode'>>;

/** Checks the format that was asked for. */
export function checkReadable(owner: string, format: ChunkFormat): ReadableFormat {
  if (isReadable(checkFormat(owner, format))) return format as ReadableFormat;
  throw new TypeError(`${owner}: format must be one that can be read, ${format.contentType} cannot`);
}

function isReadable(format: ChunkFormat): format is ReadableFormat {
  return format.decode !== undefined;
}

/** The chunks of a response, in the given format or that of its content-type; what else it is becomes an error. */
export function readResponse(response: Response, format?: ReadableFormat): Observable<StreamChunk> {
  if (response.bodyUsed || response.body?.locked) {
    throw new InvalidRequestError(
      'The body of this response has been read already; give an Observable that fetches a new one per subscription',
    );
  }
  const type = essenceOf(response.headers.get('content-type') ?? '');
  const formats = format ? [format] : [sse(), ndjson()].filter(isReadable);
  const known = formats.find(({ contentType }) => essenceOf(contentType) === type);

  if (response.ok && known) return textOf(response).pipe(known.decode);
  return textOf(response).pipe(
    takeWhile(notTooLong(), true),
    // What has arrived of an answer that breaks off is enough to say what it was.
    catchError(() => EMPTY),
    reduce((all, text) => all + text, ''),
    concatMap((text) =>
      throwError(() => (response.ok ? unexpected(response, type, formats, text) : refused(response, text))),
    ),
  );
}

/** Whom errors are about. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'The server';
}

function textOf({ body }: Response): Observable<string> {
  return body ? bodyText(body) : EMPTY;
}

function notTooLong(): (text: string) => boolean {
  let length = 0;
  return (text) => (length += text.length) < longestAnswer;
}

function essenceOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** The error of an answer whose status is one: told by a server of this library, or by whatever else is there. */
function refused({ status, statusText, headers, url }: Response, text: string): RxllmError {
  const body = parse(text);
  const facts = [body, (Object(body) as { error?: unknown }).error].find(isFacts);
  if (facts) return errorFromFacts({ status, ...facts });
  return fromSdkError(
    { status, headers, error: body ?? text, message: statusText },
    { provider: hostOf(url), requestId: headers.get('x-request-id') ?? undefined },
  );
}

function unexpected(
  { status, url }: Response,
  type: string,
  formats: readonly ChunkFormat[],
  text: string,
): ProviderError {
  const provider = hostOf(url);
  const wanted = formats.map(({ contentType }) => essenceOf(contentType)).join(' or ');
  return new ProviderError(
    `${provider} answered with ${type || 'something without a type'}, not ${wanted}: ${shorten(text)}`,
    { provider, status, code: 'unexpected-content', retryable: false },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFacts(value: unknown): value is ErrorChunk['error'] {
  const { name, message, retryable } = Object(value) as Record<string, unknown>;
  return typeof name === 'string' && typeof message === 'string' && typeof retryable === 'boolean';
}
