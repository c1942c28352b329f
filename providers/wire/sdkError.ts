import { isRxllmError, ProviderError, StreamAbortedError, type RxllmError } from '../../src/errors.ts';
import { isRetryable, readErrorBody } from './wireError.ts';

/** What the SDKs' errors have in common; told by structure, since a program may hold several copies of an SDK. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly status?: number;
  readonly status_code?: number;
  readonly headers?: Headers;
  readonly error?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** Who the error is about. */
interface About {
  readonly provider: string;
  readonly requestId?: string | undefined;
}

/** What an SDK threw before it had a response, as an error of this library. */
export function fromSdkError(thrown: unknown, about: About): RxllmError {
  if (isRxllmError(thrown)) return thrown;
  const error = (
    typeof thrown === 'object' && thrown !== null ? thrown : { message: String(thrown) }
  ) as SdkError;
  const status = error.status ?? error.status_code;

  if (status !== undefined) return httpError(error, status, about);
  if (isAbort(error)) {
    return new StreamAbortedError(`${about.provider}: the request was aborted`, { ...about, cause: thrown });
  }
  const networkCode = findNetworkCode(error);
  if (networkCode !== undefined) {
    return new ProviderError(`${about.provider} could not be reached (${networkCode})`, {
      ...about,
      code: networkCode,
      retryable: true,
      cause: thrown,
    });
  }
  return new ProviderError(`${about.provider}: ${error.message ?? 'the request could not be made'}`, {
    ...about,
    retryable: false,
    cause: thrown,
  });
}

function httpError(error: SdkError, status: number, about: About): ProviderError {
  const { headers } = error;
  const body = readErrorBody(error.error);
  const bare = (error.message ?? '').replace(`${status} `, '');
  const shouldRetry = headers?.get('x-should-retry');

  return new ProviderError(`${about.provider} answered ${status}: ${shorten(body.message ?? bare)}`, {
    provider: about.provider,
    requestId: headers?.get('x-request-id') ?? headers?.get('request-id') ?? about.requestId,
    status,
    code: body.code,
    retryable: shouldRetry ? shouldRetry === 'true' : isRetryable(status, body.code),
    ...(headers && readRetryAfter(headers)),
    cause: error,
  });
}

/** An HTML page of a proxy is no message for a person. */
function shorten(text: string): string {
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

/**
 * `Retry-After-Ms` and `Retry-After` in seconds or as a date, which counts from the answer's own `Date`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(headers: Headers): { retryAfter?: number; retryAt?: number } {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return { retryAfter: milliseconds };
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return { retryAfter: Number(text) * 1000 };
  const at = Date.parse(text);
  if (Number.isNaN(at)) return {};
  const answeredAt = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(answeredAt) ? { retryAt: at } : { retryAfter: Math.max(0, at - answeredAt) };
}

/** `APIUserAbortError` of the SDKs has the name `Error`; only its class tells. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || error.constructor.name === 'APIUserAbortError')
  );
}

/** `fetch` wraps the system's error, and the SDKs wrap `fetch`'s, each in `cause`. */
function findNetworkCode(error: SdkError): string | undefined {
  const { code, cause, name, message = '' } = error;
  if (typeof code === 'string' && /^(E(?!RR_)[A-Z_]+|UND_ERR_\w+|CERT_\w+|\w+_CERT\w*)$/.test(code))
    return code;
  const deeper = typeof cause === 'object' && cause !== null ? findNetworkCode(cause) : undefined;
  if (deeper !== undefined) return deeper;
  if (error.constructor.name === 'APIConnectionTimeoutError' || name === 'TimeoutError') return 'timeout';
  const isConnection =
    error.constructor.name === 'APIConnectionError' ||
    /fetch failed|failed to fetch|network ?error|load failed/i.test(message);
  return isConnection ? 'connection-failed' : undefined;
}
