import { concat } from 'rxjs';
import { describe, expect } from 'vitest';
import { type CollectedResponse, collectResponse } from '../../operators/collectResponse.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const nothing: CollectedResponse = {
  text: '',
  thinking: '',
  refusal: '',
  toolCalls: [],
  invalidToolCalls: [],
  message: { role: 'assistant', content: [] },
  startTime: 0,
  endTime: 0,
  durationMs: 0,
  chunkCount: 0,
  metadata: {},
};

describe('collectResponse', () => {
  behavesAsOperator('collectResponse', () => collectResponse());

  it('emits content, usage, reason and times when the stream completes', (m) => {
    const start = { ...chunks.s, responseId: 'answer-1', requestId: 'request-1' };
    const finish = { ...chunks.f, metadata: { serviceTier: 'default' } };
    const source = m.cold<StreamChunk>('-s-t-A-u-f--|', { ...chunks, s: start, f: finish });
    const expected = '     ------------(x|)';

    m.expect(source.pipe(collectResponse())).toBeObservable(expected, {
      x: {
        ...nothing,
        text: 'A',
        thinking: 't',
        message: {
          role: 'assistant',
          content: [
            { type: 'thinking', text: 't', kind: 'thinking' },
            { type: 'text', text: 'A' },
          ],
        },
        provider: 'test',
        model: 'test-1',
        responseId: 'answer-1',
        requestId: 'request-1',
        finishReason: 'stop',
        rawReason: 'stop',
        usage,
        billedUsage: usage,
        endTime: 12,
        durationMs: 12,
        timeToFirstChunkMs: 3,
        chunkCount: 5,
        metadata: { serviceTier: 'default' },
      },
    });
  });

  it('counts times from the subscription, wherever the clock stands', (m) => {
    const source = m.cold('   s--u-a-f|', chunks);
    const seen: unknown[] = [];
    concat(m.cold('---|'), source.pipe(collectResponse())).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen).toMatchObject([
      { startTime: 3, endTime: 11, durationMs: 8, timeToFirstChunkMs: 5, usage, finishReason: 'stop' },
    ]);
    expect(seen[0]).not.toHaveProperty('responseId');
    expect(seen[0]).not.toHaveProperty('requestId');
  });

  it('counts voided attempts as billed, not as used, and drops their text', (m) => {
    const source = m.cold<StreamChunk>('sarsbf|', { ...chunks, r: restartWith({ usage }) });
    const seen: CollectedResponse[] = [];
    source.pipe(collectResponse()).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen).toMatchObject([{ text: 'b', usage: { totalTokens: 8 }, billedUsage: { totalTokens: 16 } }]);
  });

  it('has the content of the last call and the usage of all', (m) => {
    const source = m.cold('snedFsbf|', chunks);
    const seen: CollectedResponse[] = [];
    source.pipe(collectResponse()).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen).toMatchObject([{ text: 'b', toolCalls: [], usage: { totalTokens: 16 } }]);
  });

  it('keeps all chunks when asked to', (m) => {
    const seen: CollectedResponse[] = [];
    const source = m.cold<StreamChunk>('saf|', {
      ...chunks,
      f: { type: 'finish', reason: 'other', metadata: {} },
    });
    source.pipe(collectResponse({ chunks: true })).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen[0]?.chunks).toEqual([chunks.s, chunks.a, { type: 'finish', reason: 'other', metadata: {} }]);
    expect(seen[0]).not.toHaveProperty('rawReason');
  });

  it('emits an empty response when the stream had no call', (m) => {
    m.expect(m.cold('--|').pipe(collectResponse())).toBeObservable('--(x|)', {
      x: { ...nothing, endTime: 2, durationMs: 2 },
    });
  });
});
