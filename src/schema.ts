import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonObject } from './json.ts';

/**
 * A schema of any library that implements Standard Schema and Standard JSON Schema: zod 4.2 and later, valibot, arktype.
 *
 * @see https://standardschema.dev
 */
export type Schema<Output = unknown> = StandardSchemaV1<unknown, Output> &
  StandardJSONSchemaV1<unknown, Output>;

/** What a value must be to pass the schema. */
export type InferOutput<S extends Schema> = StandardSchemaV1.InferOutput<S>;

/** What a value of the schema looks like while its JSON streams in: before defaults and transformations. */
export type InferPartial<S extends Schema> = DeepPartial<
  unknown extends StandardSchemaV1.InferInput<S> ? InferOutput<S> : StandardSchemaV1.InferInput<S>
>;

/**
 * A value as far as it has come: any property may be missing, and any string may be the beginning of one, so that
 * not even one of a few words is that word yet.
 */
export type DeepPartial<T> = T extends string
  ? string
  : T extends readonly unknown[]
    ? number extends T['length']
      ? readonly DeepPartial<T[number]>[]
      : { readonly [Index in keyof T]?: DeepPartial<T[Index]> }
    : T extends object
      ? { readonly [Key in keyof T]?: DeepPartial<T[Key]> }
      : T;

/** One thing that a schema found wrong. */
export interface SchemaIssue {
  readonly message: string;
  /** Keys and indices from the root to the place, e.g. `['days', 0]`. */
  readonly path: readonly (string | number)[];
}

/** The outcome of {@link validate}. */
export type Validation<Output> =
  | { readonly valid: true; readonly value: Output }
  | { readonly valid: false; readonly issues: readonly SchemaIssue[] };

/**
 * Checks a value against a schema. Answers at once when the schema does, with a Promise only when it is asynchronous.
 *
 * @example
 * ```ts
 * const checked = validate(z.object({ city: z.string() }), { city: 'Bern' });
 * ```
 */
export function validate<Output>(
  schema: Schema<Output>,
  value: unknown,
): Validation<Output> | Promise<Validation<Output>> {
  const result = schema['~standard'].validate(value);
  return result instanceof Promise ? result.then(toValidation) : toValidation(result);
}

/**
 * The JSON Schema of what a schema accepts, for a provider.
 *
 * @throws whatever the schema's library throws for a type that JSON Schema cannot express.
 */
export function toJsonSchema(schema: Schema): JsonObject {
  const { $schema: _, ...json } = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
  return json as JsonObject;
}

/** The issues of a failed validation as one line a model or a person can act on. */
export function formatIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
}

function toValidation<Output>(result: StandardSchemaV1.Result<Output>): Validation<Output> {
  if (!result.issues) return { valid: true, value: result.value };

  return {
    valid: false,
    issues: result.issues.map(({ message, path = [] }) => ({
      message,
      path: path.map((segment) => {
        const key = typeof segment === 'object' ? segment.key : segment;
        return typeof key === 'number' ? key : String(key);
      }),
    })),
  };
}
