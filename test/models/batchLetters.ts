import { filter, map, type OperatorFunction, pipe } from 'rxjs';
import type { BatchChunk } from '../../models/streamBatch.ts';

/**
 * A batch in a diagram: text of the items 0, 1, 2 is `a`, `b`, `c`; they finish with `A`, `B`, `C` and fail with `0`,
 * `1`, `2`. A `restart` is `r`; nothing else is drawn.
 */
export function letters(): OperatorFunction<BatchChunk, string> {
  return pipe(
    filter(
      (event) =>
        event.type !== 'item-chunk' || event.chunk.type === 'text-delta' || event.chunk.type === 'restart',
    ),
    map((event) => {
      const letter = String.fromCharCode('a'.charCodeAt(0) + event.index);
      if (event.type === 'item-finish') return letter.toUpperCase();
      if (event.type === 'item-error') return String(event.index);
      return event.chunk.type === 'restart' ? 'r' : letter;
    }),
  );
}

/** Only the ends of items. */
export function ends(): OperatorFunction<BatchChunk, string> {
  return pipe(
    filter(({ type }) => type !== 'item-chunk'),
    letters(),
  );
}
