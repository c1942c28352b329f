import type { ChunkOf, StreamChunk } from '../../src/chunk.ts';

/** A piece of something that grows; pieces of the same thing can be joined and cut at will. */
export type DeltaChunk = ChunkOf<'text-delta' | 'refusal-delta' | 'thinking-delta' | 'tool-call-delta'>;

/** Whether a chunk is a piece of text, refusal, thinking or arguments. */
export function isDelta(chunk: StreamChunk): chunk is DeltaChunk {
  switch (chunk.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'thinking-delta':
    case 'tool-call-delta':
      return true;
    default:
      return false;
  }
}

/** What a delta adds. */
export function textOf(chunk: DeltaChunk): string {
  return chunk.type === 'tool-call-delta' ? chunk.argumentsDelta : chunk.text;
}

/** The same delta with something else to add. */
export function withText(chunk: DeltaChunk, text: string): DeltaChunk {
  return chunk.type === 'tool-call-delta' ? { ...chunk, argumentsDelta: text } : { ...chunk, text };
}

/** Whether two deltas are pieces of the same thing. */
export function areOfOne(one: DeltaChunk, other: DeltaChunk): boolean {
  if (one.type !== other.type || one.block !== other.block) return false;
  if (one.type === 'thinking-delta') return one.kind === (other as typeof one).kind;
  return one.type !== 'tool-call-delta' || one.toolCallId === (other as typeof one).toolCallId;
}
