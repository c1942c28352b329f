import type { ChunkFormat } from '../format.ts';

/**
 * Checks the format that was given.
 *
 * @throws {TypeError} naming the function and the value
 */
export function checkFormat(owner: string, format: ChunkFormat): ChunkFormat {
  const { contentType, encode } = Object(format) as Partial<ChunkFormat>;
  if (typeof contentType === 'string' && typeof encode === 'function') return format;
  const given: unknown = format;
  const shown = typeof given === 'function' ? `the function ${given.name} itself` : JSON.stringify(given);
  throw new TypeError(`${owner}: format must be a ChunkFormat, as sse() makes one, not ${shown}`);
}
