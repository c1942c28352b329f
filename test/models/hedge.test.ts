import { from, NEVER, type Observable, of } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { hedge, type HedgeOptions } from '../../models/hedge.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { inTurn, it } from '../marbles.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';
import { modelOf } from './modelOf.ts';

const lost = {
  name: 'StreamAbortedError',
  message: 'Another model answered first',
  retryable: false,
  provider: 'test',
};
const values: Record<string, StreamChunk> = {
  ...chunks,
  S: { ...chunks.s, provider: 'other' },
  r: restartWith({ maxAttempts: 2 }),
  x: restartWith({ maxAttempts: 2, error: lost, usage: { ...usage, partial: true } }),
};
const hedged = (source: Observable<StreamChunk>, options: HedgeOptions) =>
  hedge(modelOf(source), options).stream('Hello').pipe(verifyGrammar());

describe('hedge', () => {
  it('makes no second request when the first answers in time', (m) => {
    const source = m.cold('s--a----b-f|', values);
    const other = m.cold('S-b', values);

    m.expect(hedged(source, { after: 4, with: modelOf(other) })).toBeObservable('---(sa)-b-f|', values);
    m.expect(other).toHaveSubscriptions([]);
  });

  it('makes a second request when the first is late, and aborts the one that loses', (m) => {
    const source = m.cold('s---------a-f|', values);
    const other = m.cold('     S--b----f|', values);
    const expected = '     -------(Sb)-f|';

    m.expect(hedged(source, { after: 4, with: modelOf(other) })).toBeObservable(expected, values);
    m.expect(source).toHaveSubscriptions('^------!');
    m.expect(other).toHaveSubscriptions('----^--------!');
  });

  it('aborts the second when the first answers after all', (m) => {
    const source = m.cold('s-----a---f|', values);
    const other = m.cold('     S--b', values);
    const expected = '     ------(sa)f|';

    m.expect(hedged(source, { after: 4, with: modelOf(other) })).toBeObservable(expected, values);
    m.expect(other).toHaveSubscriptions('----^-!');
  });

  it('asks the same model again where there is no other', (m) => {
    const late = m.cold('  s---------a', values);
    const early = m.cold('     S--b----f|', values);

    m.expect(hedged(inTurn(late, early), { after: 4 })).toBeObservable('-------(Sb)-f|', values);
  });

  it('tells what the loser is known to have used', (m) => {
    const source = m.cold('su--------', values);
    const other = m.cold('     S--b----f|', values);
    const expected = '     -------(xSb)f|';

    m.expect(hedged(source, { after: 4, with: modelOf(other) })).toBeObservable(expected, values);
  });

  it('brings the second request forward when the first fails', (m) => {
    const source = m.cold('s-#', values, cut);
    const other = m.cold('   S--b---f|', values);
    const expected = '     --r--(Sb)f|';

    m.expect(hedged(source, { after: 9, with: modelOf(other) })).toBeObservable(expected, values);
  });

  it('tells of the failure before an answer that comes at once', (m) => {
    const source = m.cold('s-#', values, cut);
    const other = from([chunks.s, chunks.a, chunks.f]);

    m.expect(hedged(source, { after: 9, with: modelOf(other) })).toBeObservable('--(rsaf|)', values);
  });

  it('errors with the last error when both fail', (m) => {
    const source = m.cold('----------#', values, new Error('first'));
    const other = m.cold('     --#', values, cut);
    const expected = '     ------r---#';

    m.expect(hedged(source, { after: 4, with: modelOf(other) })).toBeObservable(
      expected,
      values,
      new Error('first'),
    );
  });

  it('aborts both when unsubscribed from, and the wait', (m) => {
    const source = m.cold('s-----', values);
    const other = m.cold(' S-----', values);
    const stream = hedged(source, { after: 3, with: modelOf(other) });

    m.expect(stream, '^----!').toBeObservable('-----');
    m.expect(stream, '^-!').toBeObservable('--');
    m.expect(source).toHaveSubscriptions(['^----!', '^-!']);
    m.expect(other).toHaveSubscriptions('---^-!');
  });

  it('takes its time from the scheduler', (m) => {
    const source = m.cold('----------', values);
    const other = m.cold('     (Sb)f|', values);

    m.expect(hedged(source, { after: 4, with: modelOf(other), scheduler: m.scheduler })).toBeObservable(
      '----(Sb)f|',
      values,
    );
  });

  plainIt('bears the name of the first and can do what both can', () => {
    const other = modelOf(of(), {
      provider: 'other',
      capabilities: { ...fakeCapabilities, thinking: false },
    });

    expect(hedge(modelOf(NEVER), { after: 1, with: other })).toMatchObject({
      provider: 'test',
      model: 'test-1',
      capabilities: { ...fakeCapabilities, thinking: false },
    });
  });

  plainIt('throws at the call for options that make no sense', () => {
    expect(() => hedge(modelOf(NEVER), {} as never)).toThrow('hedge: after must be given');
    expect(() => hedge(modelOf(NEVER), { after: -1 })).toThrow(
      'hedge: after must be a number from 0, not -1',
    );
  });
});
