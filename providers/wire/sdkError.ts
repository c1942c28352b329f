import { isRxllmError, ProviderError, StreamAbortedError, type RxllmError } from '../../src/errors.ts';
import { isRetryable, readErrorBody, shorten } from './wireError.ts';

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
  const failure = findNetworkFailure(error);
  if (failure) {
    const { code, why } = failure;
    return new ProviderError(
      `${about.provider} could not be reached (${code})${why && `: ${shorten(why)}`}`,
      {
        ...about,
        code,
        retryable: !lasting.test(`${code} ${why}`),
        cause: thrown,
      },
    );
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

/**
 * `Retry-After-Ms` and `Retry-After` in seconds or as a date, which counts from the answer's own `Date`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
function readRetryAfter(headers: Headers): { retryAfter?: number; retryAt?: number } {
  const milliseconds = Number.parseFloat(headers.get('retry-after-ms') ?? '');
  if (isWait(milliseconds)) return { retryAfter: milliseconds };
  const text = headers.get('retry-after')?.trim() ?? '';
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (isWait(seconds)) return { retryAfter: seconds * 1000 };
  // Without a word in it `Date.parse` makes a year of a number.
  const at = /[a-z]/i.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) return {};
  const answeredAt = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(answeredAt) ? { retryAt: at } : { retryAfter: Math.max(0, at - answeredAt) };
}

function isWait(time: number): boolean {
  return time >= 0 && Number.isFinite(time);
}

/** `APIUserAbortError` of the SDKs has the name `Error`; only its class tells. */
export function isAbort(error: unknown): boolean {
  return (
    error instanceof Error && (error.name === 'AbortError' || error.constructor.name === 'APIUserAbortError')
  );
}

/** Failures that come back however often the connection is made: certificates, redirects, a proxy that wants a key. */
const lasting = /CERT|VERIFY|SELF_SIGNED|ERR_TLS|ERR_SSL|redirect|\(407\)/;

interface NetworkFailure {
  readonly code: string;
  /** The system's own words, '' where it has none. */
  readonly why: string;
}

/** `fetch` wraps the system's error, and the SDKs wrap `fetch`'s, each in `cause`. */
function findNetworkFailure(error: SdkError): NetworkFailure | undefined {
  const { code, cause, name, message = '' } = error;
  // A proxy that refuses to connect is told as an abort.
  if (message.startsWith('Proxy response')) return { code: 'proxy-refused', why: message };
  if (typeof code === 'string' && isNetworkCode(code)) return { code, why: message };
  const inner = typeof cause === 'object' && cause !== null ? (cause as SdkError) : undefined;
  const deeper = inner && findNetworkFailure(inner);
  if (deeper) return deeper;
  if (error.constructor.name === 'APIConnectionTimeoutError' || name === 'TimeoutError') {
    return { code: 'timeout', why: '' };
  }
  if (message.includes('redirect')) return { code: 'redirect', why: message };
  const isConnection =
    error.constructor.name === 'APIConnectionError' ||
    /fetch failed|failed to fetch|network ?error|load failed/i.test(message);
  return isConnection ? { code: 'connection-failed', why: inner?.message ?? '' } : undefined;
}

/** The codes of the system, of undici, of the HTTP parser and of OpenSSL. */
function isNetworkCode(code: string): boolean {
  if (/\W/.test(code)) return false;
  return /^E(?!RR_)[A-Z_]+$/.test(code) || /^(UND_ERR|HPE|ERR_TLS|ERR_SSL|CERT)_.|._CERT|VERIFY/.test(code);
}
