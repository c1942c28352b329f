import { connect, ignoreElements, merge, type MonoTypeOperatorFunction, tap } from 'rxjs';
import { accumulateObject } from '../../operators/accumulateObject.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Schema } from '../../src/schema.ts';

/** Passes chunks on, and hands over what the schema makes of the answer, where there is one. */
export function readOutput(
  schema: Schema,
  take: (output: unknown) => void,
): MonoTypeOperatorFunction<StreamChunk> {
  return connect((chunks) =>
    merge(
      chunks,
      chunks.pipe(
        accumulateObject(schema),
        tap(({ status, value }) => {
          if (status === 'done') take(value);
        }),
        ignoreElements(),
      ),
    ),
  );
}
