import { toErrorFacts } from '../src/errors.ts';
import { format } from './format.ts';

/** The first place in which two values differ. */
export interface Difference {
  /** As it is written in code: `arguments.days[0]`; empty where the values as a whole differ. */
  readonly path: string;
  readonly actual: string;
  readonly expected: string;
}

/** Finds the first difference of two values; errors are compared by their facts. Nothing where they are equal. */
export function findDifference(actual: unknown, expected: unknown): Difference | undefined {
  return compare(actual, expected, '', new Map());
}

function compare(
  actual: unknown,
  expected: unknown,
  path: string,
  seen: Map<unknown, unknown>,
): Difference | undefined {
  if (Object.is(actual, expected)) return undefined;
  const different = { path, actual: format(actual), expected: format(expected) };
  if (!isObject(actual) || !isObject(expected)) return different;
  if (actual instanceof Error && expected instanceof Error) {
    return compare(toErrorFacts(actual), toErrorFacts(expected), path, seen);
  }
  if (kindOf(actual) !== kindOf(expected)) return different;
  if (isPrinted(actual)) return different.actual === different.expected ? undefined : different;
  // What refers to itself is equal as far as it has been compared.
  if (seen.get(actual) === expected) return undefined;
  seen.set(actual, expected);
  if (!Array.isArray(actual) && isIterable(actual) && isIterable(expected)) {
    return compare([...actual], [...expected], path, seen);
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const inner = Array.isArray(actual) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(actual, key) !== Object.hasOwn(expected, key)) {
      const told = (value: object) => (Object.hasOwn(value, key) ? format(value[key as never]) : 'nothing');
      return { path: inner, actual: told(actual), expected: told(expected) };
    }
    const found = compare(actual[key as never], expected[key as never], inner, seen);
    if (found) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A Map, a Set, bytes. */
function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

function isPrinted(value: object): boolean {
  return value instanceof Date || value instanceof RegExp || value instanceof URL;
}

/** What must agree before the fields are compared. A class of the test's own is compared by its fields. */
function kindOf(value: object): string {
  return Object.prototype.toString.call(value);
}
