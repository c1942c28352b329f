import {
  type ErrorDetails,
  isRxllmError,
  type RxllmError,
  SinkError,
  toErrorFacts,
} from '../../src/errors.ts';

/**
 * What a store failed with, as an error of this library; one that is none of the store stays as it is, and a
 * {@link SinkError} says itself what failed.
 */
export function toStoreError(what: string, error: unknown, details: ErrorDetails = {}): RxllmError {
  if (isRxllmError(error) && !(error instanceof SinkError)) return error;
  const { message, name, code: own } = toErrorFacts(error);
  const code = own ?? codeOf(error);
  const told = error instanceof SinkError ? message : `${what}: ${message || name}`;
  return new SinkError(told, { ...details, cause: error, ...(code && { code }) });
}

function codeOf(error: unknown): string | undefined {
  if (isRxllmError(error) || !(error instanceof Error) || !('code' in error)) return undefined;
  return String(error.code);
}

/**
 * Refuses records that do not continue the log.
 *
 * @throws {SinkError} with the code `CONFLICT`
 */
export function checkEnd(id: string, length: number, after: number): void {
  if (length === after) return;
  throw new SinkError(
    `The session "${id}" was continued elsewhere: its log has ${length} records, not ${after}; make it anew to go on`,
    { code: 'CONFLICT' },
  );
}
