import type { OperatorFunction } from 'rxjs';
import { checkSchema } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import type { InferOutput, InferPartial, Schema } from '../src/schema.ts';
import { accumulateOutputs } from './internal/accumulateOutputs.ts';
import type { JsonChange } from './internal/jsonTree.ts';

/** Options of {@link accumulateObject}. */
export interface AccumulateObjectOptions {
  /**
   * Whether the document may stand in a Markdown code fence. Words before it are then skipped, up to a fence or a line
   * that begins with a brace or bracket, and so is what follows it.
   *
   * @defaultValue false
   */
  readonly fences?: boolean;
  /** Whether the text is JSON lines: one document a line, elements of the array that the schema is of. @defaultValue false */
  readonly lines?: boolean;
}

/** A structured answer as far as it has come, from {@link accumulateObject}. */
export type AccumulatedObject<S extends Schema = Schema> =
  | {
      readonly status: 'partial';
      /** Not validated; `undefined` where a restart has taken everything back. */
      readonly value: InferPartial<S> | undefined;
      /** The places that changed since the emission before, and what was added to their strings. */
      readonly changes: readonly JsonChange[];
    }
  | {
      readonly status: 'done';
      /** What the schema makes of the complete answer. */
      readonly value: InferOutput<S>;
      readonly changes: readonly JsonChange[];
    };

/**
 * Emits the object that the answer is the JSON of, as it grows, and the validated one at the end of the call.
 *
 * Strings grow; numbers, `true`, `false` and `null` appear when they are complete. Every character is read once. Every
 * `value` is a snapshot that never changes, in which unchanged parts are the same objects as before; an emission costs
 * as much as the objects and arrays around the change are wide. Reading a long string anew at each emission is
 * quadratic whatever one does: `changes` has only what was added to it, and where.
 *
 * Only text is read, as the JSON it is: nothing is repaired, and 1000 levels are the deepest. Put it on a
 * {@link shareRun} to see text, thinking and tools beside it. A call that ends in tool calls, pauses or is aborted has
 * no answer, whatever it said. A `restart` takes the partial object back: the value is then `undefined`.
 *
 * ```text
 * source:  s-a-b-c-f|          s: start, f: finish, a: '{"city":"B', b: 'er', c: 'n"}'
 * result:  --1-2-3-4|          accumulateObject(schema), 1 2 3: partial, 4: done
 *                              1.value: { city: 'B' }, 3.value: { city: 'Bern' }, 4.value: { city: 'Bern' }
 * ```
 *
 * Errors at the end of a call with {@link StructuredOutputError} for text that is not JSON, is cut off or does not fit
 * the schema, and with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * const run = model.stream({ messages, outputSchema: recipe }).pipe(shareRun());
 * run.pipe(accumulateObject(recipe), latestPerFrame()).subscribe(({ value }) => show(value));
 * ```
 *
 * @see {@link elementsOf} for whole elements only.
 * @see {@link accumulateArguments} for the arguments of a tool.
 */
export function accumulateObject<S extends Schema>(
  schema: S,
  { fences, lines }: AccumulateObjectOptions = {},
): OperatorFunction<StreamChunk, AccumulatedObject<S>> {
  checkSchema('accumulateObject', schema);
  return accumulateOutputs({ schema, fences, lines }, (state) => state as AccumulatedObject<S>);
}
