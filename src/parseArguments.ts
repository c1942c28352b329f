import type { JsonObject } from './json.ts';
import type { InvalidToolCallReason } from './message.ts';

/** The outcome of {@link parseArguments}. */
export type ParsedArguments =
  | { readonly arguments: JsonObject; readonly reason?: undefined }
  | { readonly arguments?: undefined; readonly reason: InvalidToolCallReason };

/**
 * Reads the JSON text of a tool call's arguments, strictly: nothing is repaired.
 *
 * Empty text and `null` mean a call without arguments, `{}`: that is how Databricks, OpenRouter and Anthropic send one.
 *
 * @example
 * ```ts
 * parseArguments('{"city":"Bern"}'); // { arguments: { city: 'Bern' } }
 * parseArguments('{"city":"Be'); // { reason: 'invalid-json' }
 * ```
 */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === '') return { arguments: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return { arguments: {} };
    return typeof value === 'object' && !Array.isArray(value)
      ? { arguments: value as JsonObject }
      : { reason: 'not-an-object' };
  } catch {
    return { reason: 'invalid-json' };
  }
}
