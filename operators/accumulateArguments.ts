import type { OperatorFunction } from 'rxjs';
import { checkSchema, checkToolName } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import type { JsonObject } from '../src/json.ts';
import type { Schema } from '../src/schema.ts';
import type { AccumulatedObject } from './accumulateObject.ts';
import { accumulateOutputs } from './internal/accumulateOutputs.ts';

/** The arguments of a tool call as far as they have come, from {@link accumulateArguments}. */
export type AccumulatedArguments<S extends Schema = Schema<JsonObject>> = AccumulatedObject<S> & {
  /** How many model calls of the stream came before; with `block` it tells tool calls apart. */
  readonly call: number;
  readonly block: number;
  /** Unique within its model call only. */
  readonly toolCallId: string;
};

/**
 * Emits the arguments of each call of a tool as they grow, and the validated ones when the call is complete.
 *
 * It is {@link accumulateObject} for arguments: the same snapshots, the same `changes`. Calls that run side by side
 * are told apart by `call` and `block`. Without a schema the arguments are not validated. A `restart` takes back
 * every call of the tool that it voids.
 *
 * ```text
 * source:  s-n-a-b-e-f|        s: start, n: tool-call-start, a b: deltas, e: tool-call, f: finish
 * result:  ----1-2-3--|        accumulateArguments('weather'), 1 2: partial, 3: done
 * ```
 *
 * Errors with {@link StructuredOutputError} for arguments that do not fit the schema, and at the end of the model call
 * for arguments that are not JSON or were cut off; and with what the source errors with. Unsubscribing unsubscribes
 * from the source.
 *
 * @example
 * ```ts
 * const run = model.stream({ messages, tools: [email] }).pipe(executeTools([email]), shareRun());
 * run.pipe(accumulateArguments('email', email.parameters)).subscribe(({ value }) => preview(value?.body));
 * ```
 *
 * @see {@link elementsOf} for the elements of an array among the arguments.
 */
export function accumulateArguments<S extends Schema = Schema<JsonObject>>(
  toolName: string,
  schema?: S,
): OperatorFunction<StreamChunk, AccumulatedArguments<S>> {
  checkToolName('accumulateArguments', toolName);
  if (schema !== undefined) checkSchema('accumulateArguments', schema);

  return accumulateOutputs(
    { schema, toolName },
    (state, { call, block, toolCallId }) =>
      ({ ...state, call, block, toolCallId }) as AccumulatedArguments<S>,
  );
}
