import { concatAll, of, type OperatorFunction, pipe, toArray } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const { s, a, b, c, A, t, v, n, d, e, u, f, F } = chunks;
const summary: StreamChunk = { ...t, kind: 'summary' };
const refusal: StreamChunk = { type: 'refusal-delta', text: 'no', block: 0 };

function text(value: string, block = 0): StreamChunk {
  return { type: 'text-delta', text: value, block };
}

const all: OperatorFunction<StreamChunk, StreamChunk[]> = pipe(toArray(), joinDeltas());

describe('joinDeltas', () => {
  behavesAsOperator('joinDeltas', () => all);

  it('joins the deltas of a batch, batch by batch', (m) => {
    const source = m.cold('x-y-|', { x: [s, a, b, c], y: [a, f] });
    const expected = '     x-y-|';

    m.expect(source.pipe(joinDeltas())).toBeObservable(expected, { x: [s, text('abc')], y: [a, f] });
  });

  it('keeps the grammar', (m) => {
    const source = m.cold('x|', { x: [s, a, b, c, u, f, s, n, d, d, e, F] });
    const joined = {
      x: [s, text('abc'), u, f, s, n, { ...d, argumentsDelta: d.argumentsDelta.repeat(2) }, e, F],
    };

    m.expect(source.pipe(joinDeltas())).toBeObservable('x|', joined);
    m.expect(source.pipe(joinDeltas(), concatAll(), verifyGrammar(), toArray())).toBeObservable(
      '-(x|)',
      joined,
    );
  });

  const apart: Record<string, StreamChunk[]> = {
    'blocks of text': [a, A],
    'text and thinking': [t, a],
    'thinking and its summary': [t, summary],
    'two tool calls': [d, { ...d, toolCallId: 'call_1' }],
    'what another chunk stands between': [a, u, b],
    'two calls': [a, s, b],
    'what a restart voids and what follows': [a, restartWith({}), b],
  };
  for (const [what, batch] of Object.entries(apart)) {
    it(`does not join ${what}`, (m) => {
      m.expect(m.cold('x|', { x: batch }).pipe(joinDeltas())).toBeObservable('x|', { x: batch });
    });
  }

  it('joins thinking, refusal and arguments as well', (m) => {
    const source = m.cold('x|', { x: [t, v, refusal, refusal, d, d, d] });
    const x = [
      { ...t, text: 'tv' },
      { ...refusal, text: 'nono' },
      { ...d, argumentsDelta: d.argumentsDelta.repeat(3) },
    ];

    m.expect(source.pipe(joinDeltas())).toBeObservable('x|', { x });
  });

  it('leaves an empty batch empty', (m) => {
    m.expect(m.cold('x|', { x: [] }).pipe(joinDeltas())).toBeObservable('x|', { x: [] });
  });

  vitestIt('leaves the batch as it was and keeps what stands alone', () => {
    const batch = Object.freeze([Object.freeze({ ...a }), Object.freeze({ ...b }), u, c]);
    let result: StreamChunk[] = [];
    of(batch)
      .pipe(joinDeltas())
      .subscribe((joined) => (result = joined));

    expect(result).toStrictEqual([text('ab'), u, c]);
    expect(result[1]).toBe(u);
    expect(result[2]).toBe(c);
  });
});
