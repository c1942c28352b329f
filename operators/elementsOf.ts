import { concatMap, from, type OperatorFunction } from 'rxjs';
import { checkOneOf, checkSchema, checkToolName } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import type { InferOutput, Schema } from '../src/schema.ts';
import { JsonDocument } from './internal/jsonDocument.ts';
import type { JsonFrame, JsonPath } from './internal/jsonTree.ts';
import { restartAfterOutput } from './internal/restartAfterOutput.ts';
import { readOutputs, settle } from './internal/structuredOutputs.ts';

/** Options of {@link elementsOf}. */
export interface ElementsOfOptions {
  /** Where in the answer the array is: a key, or keys and indices from the root. @defaultValue the answer is the array */
  readonly path?: string | readonly (string | number)[];
  /** Reads the arguments of the calls of this tool in place of the text. */
  readonly toolName?: string;
  /** Whether the text may have the document in a code fence, see {@link accumulateObject}. @defaultValue false */
  readonly fences?: boolean;
  /** Whether the text is JSON lines, each an element. @defaultValue false */
  readonly lines?: boolean;
  /**
   * What to do at a `restart` that voids elements already delivered: fail, or deliver those of the next attempt, from
   * index 0 on, behind them.
   *
   * @defaultValue 'fail'
   */
  readonly onRestart?: 'fail' | 'repeat';
}

/** One element of an array, from {@link elementsOf}. */
export interface ArrayElement<Value> {
  readonly index: number;
  readonly value: Value;
}

/**
 * Emits each element of an array in the answer as soon as it is complete and valid.
 *
 * The schema is that of one element. An element cannot be taken back: so a `restart` that voids some fails, as with
 * {@link selectText}; put `retryStream({ afterOutput: 'hold' })` upstream, or let it repeat and write them to their
 * index. Of several calls, and several calls of the tool, each has its own array, counted from 0.
 *
 * ```text
 * source:  s-a-b-c-f|          s: start, f: finish, a: '[{"n":', b: '1},{"n":2', c: '}]'
 * result:  ----1-2--|          elementsOf(schema), 1: { index: 0, value: { n: 1 } }, 2: { index: 1, value: { n: 2 } }
 * ```
 *
 * Errors with {@link StructuredOutputError} at an element that does not fit, and at the end of the call where the text
 * is not JSON, is cut off or has no array at the path; with {@link RestartAfterOutputError}; and with what the source
 * errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream({ messages, outputSchema: z.object({ recipes: z.array(recipe) }) })
 *   .pipe(elementsOf(recipe, { path: 'recipes' }))
 *   .subscribe(({ index, value }) => show(index, value));
 * ```
 *
 * @see {@link accumulateObject} for elements that are shown while they grow.
 */
export function elementsOf<S extends Schema>(
  schema: S,
  options: ElementsOfOptions = {},
): OperatorFunction<StreamChunk, ArrayElement<InferOutput<S>>> {
  const { path: place = [], toolName, fences, lines, onRestart = 'fail' } = options;
  const path: JsonPath = typeof place === 'string' ? [place] : place;
  checkSchema('elementsOf', schema);
  checkOneOf('elementsOf', 'onRestart', onRestart, ['fail', 'repeat']);
  if (toolName !== undefined) checkToolName('elementsOf', toolName);
  if (typeof place !== 'string' && !Array.isArray(place)) {
    throw new TypeError(`elementsOf: path must be a key or an array of them, not ${String(place)}`);
  }

  return readOutputs(toolName, (misfit) => {
    let complete: ArrayElement<unknown>[] = [];

    const onComplete = (value: unknown, stack: readonly JsonFrame[]) => {
      const parent = stack[path.length];
      if (stack.length !== path.length + 1 || parent?.kind === 'object') return;
      if (path.every((key, depth) => stack[depth]?.key === key))
        complete.push({ index: Number(parent?.key), value });
    };

    return {
      open: () => new JsonDocument({ fences, lines, onComplete }),
      grow: (output) => {
        if (complete.length === 0) return undefined;
        const elements = complete;
        complete = [];
        output.isShown = true;
        return from(elements).pipe(
          concatMap(({ index, value }) =>
            settle(
              schema as Schema<InferOutput<S>>,
              value,
              (valid) => ({ index, value: valid }),
              (issues) =>
                misfit(
                  output,
                  issues.map((issue) => ({ ...issue, path: [...path, index, ...issue.path] })),
                ),
            ),
          ),
        );
      },
      end: (output, value) => {
        const array = path.reduce<unknown>(
          (inner, key) => (inner as Record<string | number, unknown> | null | undefined)?.[key],
          value,
        );
        if (!Array.isArray(array)) throw misfit(output, [{ message: 'there is no array', path }]);
        return [];
      },
      drop: ({ isShown }, restart) => {
        if (isShown && onRestart === 'fail') throw restartAfterOutput(restart, 'an element');
        return [];
      },
    };
  });
}
