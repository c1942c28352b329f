import { map, toArray } from 'rxjs';
import { describe, expect } from 'vitest';
import { type AccumulatedResponse, accumulateResponse } from '../../operators/accumulateResponse.ts';
import { type ChunkValues, finish, restart, thinking, toolResult, usage } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const u = usage({ inputTokens: 3, outputTokens: 5 });
const values: ChunkValues = {
  s: { type: 'start' },
  t: thinking('t'),
  v: thinking('v'),
  n: { type: 'tool-call-start', toolName: 'weather' },
  d: { type: 'tool-call-delta', argumentsDelta: '{"city":"Bern"}' },
  e: { type: 'tool-call', toolName: 'weather', arguments: { city: 'Bern' } },
  o: toolResult('weather', 'sunny', { durationMs: 1 }),
  u,
  w: { type: 'raw', event: {} },
  f: finish(),
  F: finish('aborted'),
  r: restart(),
};
const said = map(({ status, text, thinking }: AccumulatedResponse) => `${status} ${thinking}|${text}`);

describe('accumulateResponse', () => {
  behavesAsOperator('accumulateResponse', () => accumulateResponse());

  it('emits the growing response with what the call is doing, from the subscription on', (m) => {
    const source = m.coldChunks('--s-t-A-f|', values);
    const expected = '           l-l-t-s-d|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      t: 'thinking t|',
      s: 'streaming t|A',
      d: 'done t|A',
    });
  });

  it('drops the current response at a restart', (m) => {
    const source = m.coldChunks('--s-a-r-s-b-f|', values);
    const expected = '           l-l-a-l-l-b-d|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      a: 'streaming |a',
      b: 'streaming |b',
      d: 'done |b',
    });
  });

  it('keeps a finished response when the next call is tried again before it began', (m) => {
    const source = m.coldChunks('--s-a-f-r-s-b-f|', values);
    const expected = '           l-l-a-d---l-b-e|';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      a: 'streaming |a',
      d: 'done |a',
      b: 'streaming |b',
      e: 'done |b',
    });
  });

  it('is at the tool until the next call, and done when the stream ends', (m) => {
    const source = m.coldChunks('--s-n-d-e-f-o-|', values);
    const expected = '           l-l-t-t-t-t-t-(d|)';

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable(expected, {
      l: 'loading |',
      t: 'tool |',
      d: 'done |',
    });
  });

  it('says that a call was aborted', (m) => {
    const source = m.coldChunks('--s-a-F|', values);

    m.expect(source.pipe(accumulateResponse(), said)).toBeObservable('l-l-s-x|', {
      l: 'loading |',
      s: 'streaming |a',
      x: 'aborted |a',
    });
  });

  it('emits for whatever tells something of the response, and what the call is at', (m) => {
    const told: ChunkValues = {
      ...values,
      a: { type: 'refusal-delta', text: 'no' },
      b: { type: 'source', url: 'https://example.org' },
      c: thinking('hm'),
      d: { type: 'thinking-signature', format: 'test', data: 'x' },
      g: { type: 'tool-call-invalid', toolName: 'weather', argumentsText: '', reason: 'incomplete' },
      h: { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: {} },
    };
    const source = m.coldChunks('--s-a-b-c-d-n-g-h-|', told);
    const expected = '           l-l-s-s-t-t-o-o-o-(od|)';
    const status = map((response: AccumulatedResponse) => response.status);

    m.expect(source.pipe(accumulateResponse(), status)).toBeObservable(expected, {
      ...{ l: 'loading', s: 'streaming', t: 'thinking', o: 'tool', d: 'done' },
    });
  });

  it('has no results of tools at first, and none that the provider ran', (m) => {
    const ran: ChunkValues[string] = {
      ...toolResult('search', 1),
      toolCallId: 'x',
      providerExecuted: true,
      block: 0,
    };
    const results = map((response: AccumulatedResponse) => response.toolResults);

    m.expect(
      m.coldChunks('----s-o-|', { s: { type: 'start' }, o: ran }).pipe(accumulateResponse(), results),
    ).toBeObservable('n---n-n-(n|)', { n: [] });
  });

  it('holds calls, results, usage and reason, and says nothing of raw events', (m) => {
    const source = m.coldChunks('s-n-w-e-u-f-o-|', values);
    const seen: AccumulatedResponse[] = [];
    source.pipe(accumulateResponse()).subscribe((response) => seen.push(response));

    m.flush();
    expect(seen.at(-1)).toMatchObject({
      toolCalls: [{ toolName: 'weather', arguments: { city: 'Bern' } }],
      toolResults: [{ toolCallId: 'call_0', toolName: 'weather', result: 'sunny', durationMs: 1 }],
      usage: u.usage,
      finishReason: 'tool-calls',
    });
    expect(seen).toHaveLength(8);
  });

  it('keeps earlier emissions, and parts that did not change, as they were', (m) => {
    const source = m.coldChunks('s-t-v-A-f|', values);
    const all: AccumulatedResponse[][] = [];
    source.pipe(accumulateResponse(), toArray()).subscribe((responses) => all.push(responses));

    m.flush();
    const [, , first, second, third] = all[0] ?? [];
    expect([first?.thinking, second?.thinking, third?.thinking]).toEqual(['t', 'tv', 'tv']);
    expect(third?.message.content[0]).toBe(second?.message.content[0]);
  });
});
