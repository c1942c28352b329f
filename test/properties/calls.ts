import {
  array,
  type Arbitrary,
  boolean,
  constantFrom,
  nat,
  oneof,
  record,
  constant,
  string,
} from 'fast-check';
import type { FinishReason, StreamChunk, Usage } from '../../src/index.ts';

/** Pieces of text in which tags, code and letters of several code units are cut anywhere. */
export const piece: Arbitrary<string> = oneof(
  {
    weight: 4,
    arbitrary: constantFrom(
      'a',
      'word ',
      'x. ',
      '\n',
      '<think>',
      '</think>',
      '<th',
      'ink>',
      '</',
      '`',
      '```\n',
    ),
  },
  {
    weight: 1,
    arbitrary: constantFrom(
      '<',
      '[THINK]',
      '[/THINK]',
      '👍',
      '\ud83d',
      'e\u0301',
      '',
      '<thinking a="1">',
      '  ',
    ),
  },
  { weight: 1, arbitrary: string({ maxLength: 5 }) },
);

/** What one block of an answer is made of. */
type Segment =
  | { readonly kind: 'text' | 'thinking' | 'refusal'; readonly pieces: readonly string[] }
  | {
      readonly kind: 'tool';
      readonly id: string;
      readonly name: string;
      readonly city: string;
      readonly isCut: boolean;
    }
  | { readonly kind: 'usage'; readonly tokens: number }
  | { readonly kind: 'raw' }
  | { readonly kind: 'signature' | 'source' };

const segment: Arbitrary<Segment> = oneof(
  {
    weight: 5,
    arbitrary: record({ kind: constant('text' as const), pieces: array(piece, { maxLength: 8 }) }),
  },
  record({
    kind: constantFrom('thinking' as const, 'refusal' as const),
    pieces: array(piece, { maxLength: 4 }),
  }),
  record({
    kind: constant('tool' as const),
    id: constantFrom('call_0', 'call_1', 'call_2'),
    name: constantFrom('weather', 'slow', 'unknown'),
    city: string({ maxLength: 6 }),
    isCut: boolean(),
  }),
  record({ kind: constant('usage' as const), tokens: nat(50) }),
  record({ kind: constant('raw' as const) }),
  record({ kind: constantFrom('signature' as const, 'source' as const) }),
);

/** One whole model call that obeys the grammar. */
export const call: Arbitrary<readonly StreamChunk[]> = record({
  segments: array(segment, { maxLength: 7 }),
  reason: constantFrom<FinishReason>('stop', 'length', 'tool-calls'),
}).map(({ segments, reason }) => toChunks(segments, reason));

/** One whole model call of text alone. */
export const textCall: Arbitrary<readonly StreamChunk[]> = array(
  oneof(
    record({ kind: constant('text' as const), pieces: array(piece, { minLength: 1, maxLength: 4 }) }),
    record({ kind: constant('usage' as const), tokens: nat(50) }),
  ),
  { maxLength: 6 },
).map((segments) => toChunks(segments, 'stop', true));

function toChunks(segments: readonly Segment[], reason: FinishReason, isOneBlock = false): StreamChunk[] {
  const chunks: StreamChunk[] = [{ type: 'start', provider: 'test', model: 'test-1' }];
  let block = isOneBlock ? 0 : -1;
  let usage: Usage | undefined;

  for (const part of segments) {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        if (!isOneBlock && part.pieces.length > 0) block += 1;
        for (const text of part.pieces) chunks.push({ type: `${part.kind}-delta`, text, block });
        break;
      case 'thinking':
        if (part.pieces.length > 0) block += 1;
        for (const text of part.pieces)
          chunks.push({ type: 'thinking-delta', text, block, kind: 'thinking' });
        break;
      case 'tool':
        chunks.push(...toolCall(part, ++block));
        break;
      case 'usage':
        usage = { inputTokens: 3, outputTokens: part.tokens, totalTokens: 3 + part.tokens };
        chunks.push({ type: 'usage', usage });
        break;
      case 'raw':
        chunks.push({ type: 'raw', event: { block } });
        break;
      case 'signature':
        chunks.push({ type: 'thinking-signature', block: ++block, format: 'test', data: 'x' });
        break;
      case 'source':
        chunks.push({ type: 'source', block: ++block, url: 'https://example.org' });
        break;
    }
  }
  chunks.push({ type: 'finish', reason, ...(usage && { usage }), metadata: {} });
  return chunks;
}

function toolCall(
  { id: toolCallId, name: toolName, city, isCut }: Segment & { kind: 'tool' },
  block: number,
): StreamChunk[] {
  const text = JSON.stringify({ city });
  const argumentsText = isCut ? text.slice(0, -3) : text;
  const deltas = [argumentsText.slice(0, 4), argumentsText.slice(4)].map((argumentsDelta): StreamChunk => ({
    type: 'tool-call-delta',
    toolCallId,
    argumentsDelta,
    block,
  }));
  return [
    { type: 'tool-call-start', toolCallId, toolName, block },
    ...deltas,
    isCut
      ? { type: 'tool-call-invalid', toolCallId, toolName, argumentsText, reason: 'incomplete', block }
      : { type: 'tool-call', toolCallId, toolName, arguments: { city }, block },
  ];
}
