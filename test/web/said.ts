import { concat, from, type Observable, throwError } from 'rxjs';
import type { FinishReason, StreamChunk } from '../../src/chunk.ts';
import type { Usage } from '../../src/usage.ts';

/** Chunks as a model or an agent says them, for formats that are not ours. */

export const start = { type: 'start', provider: 'test', model: 'test-1' } as const satisfies StreamChunk;

export function finish(reason: FinishReason = 'stop', usage?: Usage): StreamChunk {
  return { type: 'finish', reason, ...(usage && { usage }), metadata: {} };
}

export function say(text: string, block = 0): StreamChunk {
  return { type: 'text-delta', text, block };
}

export function think(text: string, block = 0): StreamChunk {
  return { type: 'thinking-delta', text, block, kind: 'thinking' };
}

/** A call with `{ city: 'Bern' }`, in two pieces. */
export function toolCall(toolName: string, block = 0, toolCallId = `call_${toolName}`): StreamChunk[] {
  return [
    { type: 'tool-call-start', toolCallId, toolName, block },
    { type: 'tool-call-delta', toolCallId, argumentsDelta: '{"city":', block },
    { type: 'tool-call-delta', toolCallId, argumentsDelta: '"Bern"}', block },
    { type: 'tool-call', toolCallId, toolName, arguments: { city: 'Bern' }, block },
  ];
}

export function toolResult(toolName: string, result: unknown, isError = false): StreamChunk {
  return { type: 'tool-result', toolCallId: `call_${toolName}`, toolName, result, isError, durationMs: 2 };
}

/** Chunks, and what they then fail with. */
export function failing(error: Error, ...before: readonly StreamChunk[]): Observable<StreamChunk> {
  return concat(
    from(before),
    throwError(() => error),
  );
}
