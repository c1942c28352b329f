import { isRxllmError, type RxllmError } from '../src/errors.ts';
import type { ChatErrorBody } from './openai/wire.ts';

/** A failure as an OpenAI-compatible server tells it. */
export interface OpenaiError {
  readonly status: number;
  /** `x-should-retry`, by which the SDKs of OpenAI decide, and where it is known `retry-after-ms`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ChatErrorBody;
}

/**
 * Makes of an error the answer of an OpenAI-compatible server, so that its SDK throws the class that fits.
 *
 * The status is that of the provider, if it has one: 429 stays a rate limit. Without one, a wrong request is 400, a
 * provider that broke off or cannot be reached is 502, and one that is too slow 504. Errors that are not of this library
 * tell nothing but that the server failed.
 *
 * @example
 * ```ts
 * const { status, headers, body } = toOpenaiError(error);
 * return Response.json(body, { status, headers });
 * ```
 */
export function toOpenaiError(error: unknown): OpenaiError {
  if (!isRxllmError(error)) return toAnswer('The server failed', 500, 'internal', false);
  const { code, retryAfter } = error as { code?: unknown; retryAfter?: unknown };
  const told = toAnswer(
    error.message,
    toStatus(error),
    typeof code === 'string' ? code : null,
    error.retryable,
  );
  if (typeof retryAfter !== 'number') return told;
  return { ...told, headers: { ...told.headers, 'retry-after-ms': String(Math.ceil(retryAfter)) } };
}

function toAnswer(message: string, status: number, code: string | null, retryable: boolean): OpenaiError {
  return {
    status,
    headers: { 'x-should-retry': String(retryable) },
    body: {
      error: {
        message,
        type: types[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
        param: null,
        code,
      },
    },
  };
}

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
};

function toStatus(error: RxllmError): number {
  const { status } = error as { status?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 600) return status;
  switch (error.name) {
    case 'InvalidRequestError':
    case 'GuardError':
      return 400;
    case 'StreamTimeoutError':
      return 504;
    case 'ProviderError':
    case 'StreamInterruptedError':
      return 502;
    default:
      return 500;
  }
}
