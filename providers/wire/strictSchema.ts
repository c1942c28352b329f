import type { JsonObject, JsonValue } from '../../src/json.ts';
import { type Schema, toJsonSchema } from '../../src/schema.ts';

/** A JSON Schema for structured output, and whether it obeys the rules of the strict mode. */
export interface OutputFormat {
  readonly schema: JsonObject;
  readonly strict: boolean;
}

/**
 * The JSON Schema of an answer, with every object closed. It is strict where no property is optional.
 *
 * @see https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function toOutputFormat(schema: Schema): OutputFormat {
  let strict = true;

  const close = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(close);
    if (typeof value !== 'object' || value === null) return value;
    const closed = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, close(inner)]));
    if (closed['type'] !== 'object') return closed;

    const names = Object.keys((closed['properties'] ?? {}) as JsonObject);
    const required = (closed['required'] ?? []) as readonly string[];
    if ('additionalProperties' in closed && closed['additionalProperties'] !== false) strict = false;
    else closed['additionalProperties'] = false;
    if (names.some((name) => !required.includes(name))) strict = false;
    return closed;
  };

  return { schema: close(toJsonSchema(schema)) as JsonObject, strict };
}
