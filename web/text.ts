import { selectText } from '../operators/selectText.ts';
import type { ChunkFormat } from './format.ts';
import { throwErrorChunks } from './internal/throwErrorChunks.ts';

/**
 * The text of the answer and nothing else, as for `curl`.
 *
 * It has no words for an error, so that the connection is cut, and none to take text back: a `restart` that voids text
 * already written is a `RestartAfterOutputError`. Put `retryStream({ afterOutput: 'hold' })` upstream.
 *
 * @example
 * ```ts
 * return toResponse(model.stream('Tell me a joke'), { format: text() });
 * ```
 */
export function text(): ChunkFormat {
  return {
    contentType: 'text/plain; charset=utf-8',
    encode: (source) => source.pipe(throwErrorChunks(), selectText()),
  };
}
