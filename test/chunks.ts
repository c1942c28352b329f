import type { FinishChunk, RestartChunk, StartChunk, StreamChunk, Usage } from '../src/index.ts';
import { TestScheduler } from 'rxjs/testing';
import { StreamInterruptedError } from '../src/errors.ts';
import { assertTimelines, type ChunkDraft, chunkMarbles } from '../testing/index.ts';

/** The usage that the {@link chunks} of tests tell. */
export const usage: Usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };

const start: StartChunk = { type: 'start', provider: 'test', model: 'test-1' };
const finish: FinishChunk = { type: 'finish', reason: 'stop', rawReason: 'stop', usage, metadata: {} };

/**
 * Chunks of a conversation by the letters that tests use for them.
 *
 * `s` start, `a b c` text of block 0, `u` usage, `f` finish; `t v` thinking of block 0, `A` text of block 1;
 * `n d e` start, delta and end of a tool call in block 0, `F` its finish.
 */
export const chunks = {
  s: start,
  a: { type: 'text-delta', text: 'a', block: 0 },
  b: { type: 'text-delta', text: 'b', block: 0 },
  c: { type: 'text-delta', text: 'c', block: 0 },
  A: { type: 'text-delta', text: 'A', block: 1 },
  t: { type: 'thinking-delta', text: 't', block: 0, kind: 'thinking' },
  v: { type: 'thinking-delta', text: 'v', block: 0, kind: 'thinking' },
  n: { type: 'tool-call-start', toolCallId: 'call_0', toolName: 'weather', block: 0 },
  d: { type: 'tool-call-delta', toolCallId: 'call_0', argumentsDelta: '{"city":"Bern"}', block: 0 },
  e: { type: 'tool-call', toolCallId: 'call_0', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 },
  u: { type: 'usage', usage },
  f: finish,
  F: { ...finish, reason: 'tool-calls', rawReason: 'tool_calls' },
} as const satisfies Record<string, StreamChunk>;

/** An error that is worth a retry, having seen nothing. */
export const cut = new StreamInterruptedError('cut');

/** What {@link retryStream} makes of the first failure with {@link cut}. */
export function restartWith(facts: Partial<RestartChunk>): RestartChunk {
  const error = { name: 'StreamInterruptedError', message: 'cut', retryable: true };
  return { type: 'restart', attempt: 2, maxAttempts: 3, delayMs: 0, error, ...facts };
}

/** Drafts as the chunks that they are one behind the other, for tests without a diagram. */
export function listChunks(...drafts: readonly (ChunkDraft | readonly ChunkDraft[])[]): StreamChunk[] {
  const { coldChunks } = chunkMarbles(new TestScheduler(assertTimelines));
  return coldChunks('x', { x: drafts.flat() }).messages.flatMap(({ notification }) =>
    notification.kind === 'N' ? [notification.value as StreamChunk] : [],
  );
}
