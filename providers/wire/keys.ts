import type { ErrorDetails, RxllmError } from '../../src/errors.ts';

/** Options, headers and parameters of a URL whose values are keys. */
const keyName = /auth|key|token|secret|cookie|credential|password|signature/i;

/** Shorter values are words like `none`, which stand in messages for other reasons. */
const shortestKey = 8;

/**
 * The error without the keys that its model was made with, in its message and in its `cause`.
 *
 * `fetch` repeats a header that it finds invalid and a URL that has a password in it, and a server may repeat
 * anything. A cause that tells a key is replaced by what of it may be told; any other stays as it is.
 */
export function withoutKeys(error: RxllmError, owners: readonly unknown[]): RxllmError {
  const keys = [...new Set(owners.flatMap((owner) => findKeys(owner, '', new Set())))];
  const hide = (text: string) => keys.reduce((rest, key) => rest.replaceAll(key, '***'), text);
  const tells = (text: string) => keys.some((key) => text.includes(key));
  const isClean = !textsOf(error.cause).some(tells);
  if (isClean && !tells(error.message)) return error;

  const Same = error.constructor as new (message: string, details: ErrorDetails) => RxllmError;
  const details = Object.assign({}, error, {
    cause: isClean ? error.cause : retell(error.cause, hide),
    partial: () => error.partial,
  });
  return new Same(hide(error.message), details);
}

function findKeys(value: unknown, name: string, seen: Set<object>): string[] {
  if (typeof value === 'string') return keyName.test(name) ? spellings(value) : keysOfUrl(value);
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  const entries = value instanceof Headers ? [...value] : Object.entries(value);
  // The names within `headers: { authorization: […] }` are places.
  return entries.flatMap(([key, inner]: [string, unknown]) =>
    findKeys(inner, Array.isArray(value) ? name : key, seen),
  );
}

function keysOfUrl(text: string): string[] {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return [];
  const { username, password, searchParams } = new URL(text);
  const named = [...searchParams].filter(([name]) => keyName.test(name)).map(([, value]) => value);
  return [username, password, ...named].flatMap(spellings);
}

/** `Bearer …` is told with and without its first word, and in URLs with escapes. */
function spellings(value: string): string[] {
  const parts = [value, value.trim(), ...value.split(/[\s;,=]+/)];
  return parts
    .flatMap((part) => [part, JSON.stringify(part).slice(1, -1), encodeURIComponent(part), decode(part)])
    .filter((part) => part.length >= shortestKey);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Everything that printing an error would show; what a server sent may be of any depth. */
function textsOf(root: unknown): string[] {
  const texts: string[] = [];
  const seen = new Set<object>();
  const left = [root];
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value === 'string') texts.push(value);
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Headers) texts.push(...value.values());
    else
      for (const name of Object.getOwnPropertyNames(value))
        left.push((value as Record<string, unknown>)[name]);
  }
  return texts;
}

/** An error of the same name and words, less the keys, and nothing else of it. */
function retell(thrown: unknown, hide: (text: string) => string): Error {
  const { name, message, stack, code, cause } = (thrown ?? {}) as Partial<Error> & { code?: unknown };
  const told = new Error(
    hide(message ?? String(thrown)),
    cause === undefined ? {} : { cause: retell(cause, hide) },
  );
  return Object.assign(told, {
    name: name ?? 'Error',
    ...(stack !== undefined && { stack: hide(stack) }),
    ...(typeof code === 'string' && { code: hide(code) }),
  });
}
