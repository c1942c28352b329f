import type { ChunkFormat } from '../format.ts';

const makers = 'sse(), ndjson(), text(), sseText(), uiMessageStream(), agUi() or openaiFormat()';

/**
 * Checks the format that was given.
 *
 * @throws {TypeError} naming the function, the value and what makes formats
 */
export function checkFormat(owner: string, format: ChunkFormat): ChunkFormat {
  const { contentType, encode } = Object(format) as Partial<ChunkFormat>;
  if (typeof contentType === 'string' && typeof encode === 'function') return format;
  const given: unknown = format;
  const shown = typeof given === 'function' ? `the function ${given.name} itself` : JSON.stringify(given);
  throw new TypeError(`${owner}: format must be what ${makers} give, not ${shown}`);
}
