import { map, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';

/** Makes an error of the chunk that {@link errorsToChunks} upstream made of one: it is the last thing, and no success. */
export function throwErrorChunks(): MonoTypeOperatorFunction<StreamChunk> {
  return map((chunk) => {
    if (chunk.type === 'error') throw errorFromFacts(chunk.error);
    return chunk;
  });
}
