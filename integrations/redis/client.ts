import { catchError, defer, type Observable, timeout } from 'rxjs';
import { ProviderError, type RxllmError, SinkError, toErrorFacts } from '../../src/errors.ts';

/** What is needed of a Redis client: the `Redis` of `ioredis` has it. It stays yours, and is not closed here. */
export interface RedisClient {
  call(command: string, args: (string | number)[]): Promise<unknown>;
  /** Makes a client of its own connection, with the same options. */
  duplicate(): RedisClient;
  disconnect(): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  readonly options?: { readonly keyPrefix?: string | undefined };
}

/** Milliseconds after which a command that got no answer has failed, whatever the client's own patience. */
const patience = 30_000;

/** Makes of what went wrong with Redis an error of this library. */
export type ToError = (problem: string, details: RedisErrorDetails) => RxllmError;

interface RedisErrorDetails {
  readonly code?: string;
  readonly retryable: boolean;
  readonly cause: unknown;
}

/** Of commands that read: asking again may help where the connection was lost. */
const toReadError: ToError = (problem, details) =>
  new ProviderError(`Redis could not be read: ${problem}`, { provider: 'redis', ...details });

/** Of commands that write. */
export const toWriteError: ToError = (problem, { code, cause }) =>
  new SinkError(`Redis could not be written to: ${problem}`, {
    provider: 'redis',
    cause,
    ...(code !== undefined && { code }),
  });

/** Sends a command and emits its reply. */
export function send(
  client: RedisClient,
  command: string,
  args: readonly (string | number)[],
  toError: ToError = toReadError,
): Observable<unknown> {
  return defer(() => client.call(command, [...args])).pipe(
    timeout({
      first: patience,
      with: () => {
        throw Object.assign(new Error(`there was no answer for ${patience} ms`), { code: 'TIMEOUT' });
      },
    }),
    catchError((cause: unknown) => {
      throw toError(toErrorFacts(cause).message, { cause, ...factsOf(cause) });
    }),
  );
}

/** Runs a script on keys; all of it or nothing, and nothing else meanwhile. */
export function run(
  client: RedisClient,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
  toError: ToError = toReadError,
): Observable<unknown> {
  return send(client, 'EVAL', [script, keys.length, ...keys, ...args], toError);
}

/** Sends a command whose outcome nobody waits for any more. */
export function sendLast(client: RedisClient, command: string, args: readonly (string | number)[]): void {
  client.call(command, [...args]).catch(() => undefined);
}

/** An answer that says no stays one; a connection may come back. */
function factsOf(cause: unknown): { readonly code?: string; readonly retryable: boolean } {
  const { name, message, code } = Object(cause) as Partial<Error & { code: unknown }>;
  // The first word of a refusal is its code: `NOAUTH`, `READONLY`, `OOM`.
  if (name === 'ReplyError') return { code: (message ?? '').split(' ', 1).join(), retryable: false };
  return { retryable: true, ...(typeof code === 'string' && { code }) };
}
