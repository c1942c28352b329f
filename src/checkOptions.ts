/** What {@link checkNumber} demands beyond a number. */
interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

/**
 * Checks a numeric option where it is given.
 *
 * @throws {RangeError} naming the function, the option and the value
 */
export function checkNumber(
  owner: string,
  option: string,
  value: number | undefined,
  rule: NumberRule = {},
): void {
  const { min = 0, max = Number.POSITIVE_INFINITY, integer = false } = rule;
  if (value === undefined) return;
  const isRight = typeof value === 'number' && value >= min && value <= max;
  if (isRight && (!integer || Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;

  const kind = integer ? 'a whole number' : 'a number';
  const range = max === Number.POSITIVE_INFINITY ? `from ${min}` : `from ${min} to ${max}`;
  throw new RangeError(`${owner}: ${option} must be ${kind} ${range}, not ${String(value)}`);
}

/**
 * Checks an option that takes one of a few words.
 *
 * @throws {RangeError} naming the function, the option and the value
 */
export function checkOneOf(
  owner: string,
  option: string,
  value: string | undefined,
  words: readonly string[],
): void {
  if (value === undefined || words.includes(value)) return;
  throw new RangeError(`${owner}: ${option} must be ${words.join(', ')}, not ${value}`);
}
