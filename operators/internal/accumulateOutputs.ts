import type { OperatorFunction } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Schema } from '../../src/schema.ts';
import { JsonDocument, type JsonDocumentOptions } from './jsonDocument.ts';
import type { JsonChange } from './jsonTree.ts';
import { type Output, readOutputs, settle } from './structuredOutputs.ts';

/** What {@link accumulateObject} and {@link accumulateArguments} differ in. */
interface Accumulation extends JsonDocumentOptions {
  readonly schema: Schema | undefined;
  readonly toolName?: string;
}

/** The state of an output before it has a type. */
interface OutputState {
  readonly status: 'partial' | 'done';
  readonly value: unknown;
  readonly changes: readonly JsonChange[];
}

/** Emits each output as it grows, and validated at its end. */
export function accumulateOutputs<Result>(
  { schema, toolName, fences, lines }: Accumulation,
  toResult: (state: OutputState, output: Output) => Result,
): OperatorFunction<StreamChunk, Result> {
  const whole: JsonChange = { path: [] };

  return readOutputs(toolName, (misfit) => ({
    open: () => new JsonDocument({ fences, lines }),
    grow: (output, isChanged) => {
      if (!isChanged) return undefined;
      const { value, changes } = output.document;
      output.isShown = true;
      return [toResult({ status: 'partial', value, changes }, output)];
    },
    end: (output, json) => {
      const finish = (value: unknown) => toResult({ status: 'done', value, changes: [] }, output);
      return schema ? settle(schema, json, finish, (issues) => misfit(output, issues)) : [finish(json)];
    },
    drop: (output) =>
      output.isShown ? [toResult({ status: 'partial', value: undefined, changes: [whole] }, output)] : [],
  }));
}
