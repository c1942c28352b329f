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
  const { min = 0, max = Infinity, integer = false } = rule;
  if (value === undefined) return;
  // `Infinity % 1` is NaN: no fraction.
  if (typeof value === 'number' && value >= min && value <= max && !(integer && value % 1)) return;
  const range = max < Infinity ? `${min} to ${max}` : min;
  throw new RangeError(
    `${owner}: ${option} must be a ${integer ? 'whole ' : ''}number from ${range}, not ${String(value)}`,
  );
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

/**
 * Checks an argument that is to be a schema.
 *
 * @throws {TypeError} naming the function and the value
 */
export function checkSchema(owner: string, schema: unknown): void {
  if (Object(schema) === schema && '~standard' in (schema as object)) return;
  throw new TypeError(
    `${owner}: schema must be a Standard Schema, of zod, valibot or arktype, not ${String(schema)}`,
  );
}

/**
 * Checks an argument that is to be the name of a tool.
 *
 * @throws {TypeError} naming the function and the value
 */
export function checkToolName(owner: string, toolName: unknown): void {
  if (typeof toolName === 'string' && toolName !== '') return;
  throw new TypeError(`${owner}: toolName must be a non-empty string, not ${JSON.stringify(toolName)}`);
}
