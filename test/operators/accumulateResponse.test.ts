import { map, toArray } from 'rxjs';
import { describe, expect } from 'vitest';
import { type AccumulatedResponse, accumulateResponse } from '../../operators/accumulateResponse.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const r = restartWith({});
const o: StreamChunk = {
  type: 'tool-result',
  toolCallId: 'call_0',
  toolName: 'weather',
  result: 'sunny',
  isError: false,
  durationMs: 1,
};
const said = map(({ status, text, thinking }: AccumulatedResponse) => `${status} ${thinking}|${text}`);

describe('accumulateResponse', () => {
  behavesAsOperator('accumulateResponse', () => accumulateResponse());

  it('emits the growing response with what the call is doing, from the subscription on', (m) => {
    const source = m.cold('--s-t-A-f|', chunks);
    const expected = '     l-l-t-s-d|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      t: 'thinking t|',
      s: 'streaming t|A',
      d: 'done t|A',
    });
  });

  it('drops the current response at a restart', (m) => {
    const source = m.cold<StreamChunk>('--s-a-r-s-b-f|', { ...chunks, r });
    const expected = '     l-l-a-l-l-b-d|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      a: 'streaming |a',
      b: 'streaming |b',
      d: 'done |b',
    });
  });

  it('keeps a finished response when the next call is tried again before it began', (m) => {
    const source = m.cold('--s-a-f-r-s-b-f|', { ...chunks, r });
    const expected = '     l-l-a-d---l-b-e|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      a: 'streaming |a',
      d: 'done |a',
      b: 'streaming |b',
      e: 'done |b',
    });
  });

  it('is at the tool until the next call, and done when the stream ends', (m) => {
    const source = m.cold<StreamChunk>('--s-n-d-e-F-o-|', { ...chunks, o });
    const expected = '     l-l-t-t-t-t-t-(d|)';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      t: 'tool |',
      d: 'done |',
    });
  });

  it('says that a call was aborted', (m) => {
    const source = m.cold<StreamChunk>('--s-a-f|', { ...chunks, f: { ...chunks.f, reason: 'aborted' } });

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable('l-l-s-x|', {
      l: 'loading |',
      s: 'streaming |a',
      x: 'aborted |a',
    });
  });

  it('holds calls, results, usage and reason, and says nothing of raw events', (m) => {
    const source = m.cold<StreamChunk>('s-n-w-e-u-F-o-|', { ...chunks, o, w: { type: 'raw', event: {} } });
    const seen: AccumulatedResponse[] = [];
    source.pipe(accumulateResponse()).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen.at(-1)).toMatchObject({
      toolCalls: [{ toolName: 'weather', arguments: { city: 'Bern' } }],
      toolResults: [o],
      usage,
      finishReason: 'tool-calls',
    });
    expect(seen).toHaveLength(8);
  });

  it('keeps earlier emissions, and parts that did not change, as they were', (m) => {
    const source = m.cold('s-t-v-A-f|', chunks);
    const all: AccumulatedResponse[][] = [];
    source.pipe(accumulateResponse(), toArray()).subscribe((responses) => all.push(responses));

    m.flush();
    const [, , first, second, third] = all[0] ?? [];
    expect([first?.thinking, second?.thinking, third?.thinking]).toEqual(['t', 'tv', 'tv']);
    expect(third?.message.content[0]).toBe(second?.message.content[0]);
  });
});
