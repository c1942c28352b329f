import type { ChunkOf, StreamChunk } from '../../src/chunk.ts';

/** A piece of a block that has words. */
export type WordsChunk = ChunkOf<'text-delta' | 'refusal-delta' | 'thinking-delta'>;

/** What an id of ours ends with: the kind of the block and its number. */
const place = /-(text|refusal|thinking|summary)-(\d+)$/;

/** The id by which other protocols know a block: it tells all of a delta but its text. */
export function toDeltaId(prefix: string, chunk: WordsChunk): string {
  const kind =
    chunk.type === 'thinking-delta' ? chunk.kind : chunk.type === 'text-delta' ? 'text' : 'refusal';
  return `${prefix}-${kind}-${chunk.block}`;
}

/** The delta that an id of {@link toDeltaId} and its text are. */
export function fromDeltaId(id: string, text: string): WordsChunk {
  const [, kind, number] = place.exec(id) ?? [];
  const block = Number(number);
  switch (kind) {
    case 'text':
    case 'refusal':
      return { type: `${kind}-delta`, text, block };
    case 'thinking':
    case 'summary':
      return { type: 'thinking-delta', text, block, kind };
    default:
      throw new TypeError(`the id of a delta should tell its block, not be ${id}`);
  }
}

/** A chunk as it goes into an event of ours: places in a log have no meaning in other protocols. */
export function withoutPlace(chunk: StreamChunk): StreamChunk {
  if (!('eventId' in chunk)) return chunk;
  const { eventId: _, ...rest } = chunk;
  return rest;
}
