import { type ErrorDetails, isRxllmError, SinkError, toErrorFacts } from '../../src/errors.ts';

/** What a store failed with, as an error of this library. */
export function toStoreError(what: string, error: unknown, details: ErrorDetails = {}): SinkError {
  const { message, name, code: own } = toErrorFacts(error);
  const code = own ?? codeOf(error);
  return new SinkError(`${what}: ${message || name}`, { ...details, cause: error, ...(code && { code }) });
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
