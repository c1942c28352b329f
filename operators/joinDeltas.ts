import { map, type OperatorFunction } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { areOfOne, type DeltaChunk, isDelta, textOf, withText } from './internal/deltas.ts';

/**
 * Joins the neighbouring deltas of each batch into one.
 *
 * Only deltas of the same block and kind are joined, and never across another chunk, so that the batch means the same
 * and is shorter. Text, refusal, thinking and the arguments of tool calls are joined; what stands alone stays the
 * same object.
 *
 * ```text
 * source:  --S--B--F|        S: [s], B: [a b c], F: [f], s: start, a b c: text, f: finish
 * result:  --S--D--F|        joinDeltas(), D: ['abc']
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream('Tell me a joke').pipe(bufferChunks({ time: 50 }), joinDeltas(), concatAll());
 * ```
 *
 * @see {@link bufferChunks} to make the batches.
 * @see {@link splitDeltas} for the inverse.
 */
export function joinDeltas(): OperatorFunction<readonly StreamChunk[], StreamChunk[]> {
  return map(join);
}

function join(chunks: readonly StreamChunk[]): StreamChunk[] {
  const joined: StreamChunk[] = [];
  let first: DeltaChunk | undefined;
  let text = '';

  for (const chunk of chunks) {
    if (first && isDelta(chunk) && areOfOne(first, chunk)) {
      text += textOf(chunk);
      joined[joined.length - 1] = withText(first, text);
    } else {
      first = isDelta(chunk) ? chunk : undefined;
      text = first ? textOf(first) : '';
      joined.push(chunk);
    }
  }
  return joined;
}
