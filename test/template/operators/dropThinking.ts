import { catchError, defer, filter, map, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { StreamChunk } from '../../../src/chunk.ts';
import { isRxllmError } from '../../../src/errors.ts';
import { ResponseBuilder } from '../../../src/response.ts';

/**
 * Leaves the model's thinking out, for readers who are not to see it.
 *
 * Signatures go with it, so what is sent back on the next turn has to be taken upstream. The blocks that stay are
 * numbered anew.
 *
 * ```text
 * source:  s-t-v-a-b-f|        s: start, t v: thinking, a b: text, f: finish
 * result:  s-----A-B-f|        dropThinking(), A: text 'a', B: text 'b'
 * ```
 *
 * Errors with what the source errors with: the same class, with the `partial` as seen here and the original as `cause`.
 * Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream(question).pipe(splitThinking(), dropThinking()).subscribe(show);
 * ```
 *
 * @see {@link selectThinking} for the thinking alone.
 */
export function dropThinking(): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      const seen = new ResponseBuilder();
      const blocks = new Map<number, number>();

      const renumber = (chunk: StreamChunk): StreamChunk => {
        if (chunk.type === 'start') blocks.clear();
        if (!('block' in chunk)) return chunk;
        const block = blocks.get(chunk.block) ?? blocks.size;
        blocks.set(chunk.block, block);
        return block === chunk.block ? chunk : { ...chunk, block };
      };

      return source.pipe(
        filter(({ type }) => type !== 'thinking-delta' && type !== 'thinking-signature'),
        map(renumber),
        tap((chunk) => seen.add(chunk)),
        catchError((error: unknown) => {
          throw isRxllmError(error) ? error.withPartial(() => seen.partial) : error;
        }),
      );
    });
}
