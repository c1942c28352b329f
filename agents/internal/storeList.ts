import { checkNumber } from '../../src/checkOptions.ts';
import type { SessionEntry, SessionListOptions } from './sessionRecords.ts';

/** The sessions used last, the latest first. */
export function latestOf(
  entries: readonly SessionEntry[],
  { limit }: SessionListOptions,
): readonly SessionEntry[] {
  return [...entries].sort((one, other) => other.updatedAt - one.updatedAt).slice(0, limit);
}

/**
 * Checks how many sessions are to be listed.
 *
 * @throws {RangeError} naming the option and the value
 */
export function checkLimit({ limit }: SessionListOptions): void {
  checkNumber('list', 'limit', limit, { min: 1, integer: true });
}
