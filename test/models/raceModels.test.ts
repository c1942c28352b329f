import { from, type Observable, of, take } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { raceModels } from '../../models/raceModels.ts';
import { type CollectedResponse, collectResponse } from '../../operators/collectResponse.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { it } from '../marbles.ts';
import { fakeCapabilities } from '../../testing/fakeModel.ts';
import { modelOf } from './modelOf.ts';

const partialUsage = { ...usage, partial: true };
const lost = { name: 'StreamAbortedError', message: 'Another model answered first', retryable: false };
const values: Record<string, StreamChunk> = {
  ...chunks,
  S: { ...chunks.s, provider: 'other' },
  w: { type: 'raw', event: {} },
  z: { type: 'finish', reason: 'stop', metadata: {} },
  // failed; lost, having used something
  r: restartWith({ maxAttempts: 2 }),
  x: restartWith({ maxAttempts: 2, error: { ...lost, provider: 'test' }, usage: partialUsage }),
};
const race = (...sources: Observable<StreamChunk>[]) =>
  raceModels(...sources.map((source) => modelOf(source)))
    .stream('Hello')
    .pipe(verifyGrammar());

describe('raceModels', () => {
  it('answers with the first to emit content and aborts the others in that moment', (m) => {
    const slow = m.cold('s-----a-f|', values);
    const fast = m.cold('--S-b-----f|', values);
    const dead = m.cold('-----------', values);
    const expected = '   ----(Sb)--f|';

    m.expect(race(slow, fast, dead)).toBeObservable(expected, values);
    m.expect(slow).toHaveSubscriptions('^---!');
    m.expect(fast).toHaveSubscriptions('^----------!');
    m.expect(dead).toHaveSubscriptions('^---!');
  });

  it('takes start, usage and raw events for no content, and delivers those of the winner', (m) => {
    const talker = m.cold('swu------a-f|', values);
    const winner = m.cold('-Swu-b-------f|', values);
    const expected = '     -----(xSwub)-f|';

    m.expect(race(talker, winner)).toBeObservable(expected, values);
    m.expect(talker).toHaveSubscriptions('^----!');
  });

  it('takes a finish without content for an answer', (m) => {
    const empty = m.cold('S-(z|)', values);
    const other = m.cold('s------a-f|', values);

    m.expect(race(other, empty)).toBeObservable('--(Sz|)', values);
    m.expect(other).toHaveSubscriptions('^-!');
  });

  it('tells of one that fails, and goes on with the others', (m) => {
    const failing = m.cold('s-#', values, cut);
    const other = m.cold('  S----a---f|', values);
    const expected = '      --r--(Sa)f|';

    m.expect(race(failing, other)).toBeObservable(expected, values);
  });

  it('treats an error chunk as an error', (m) => {
    const e: StreamChunk = {
      type: 'error',
      error: { name: 'StreamInterruptedError', message: 'cut', retryable: true },
    };
    const failing = m.cold('s-e', { ...values, e });
    const other = m.cold('  S----a---f|', values);
    const expected = '      --r--(Sa)f|';

    m.expect(race(failing, other)).toBeObservable(expected, values);
  });

  it('goes on when one completes without an answer, and completes when none answers', (m) => {
    const empty = m.cold<StreamChunk>('--|');
    const other = m.cold('            S----a---f|', values);
    const longer = m.cold<StreamChunk>('-----|');

    m.expect(race(empty, other)).toBeObservable('-----(Sa)f|', values);
    m.expect(race(empty, longer)).toBeObservable('-----|');
  });

  it('errors with the error of the last when all fail, with all that it said', (m) => {
    const refused = new ProviderError('no', { retryable: false, provider: 'other', status: 401 });
    const first = m.cold('s-#', values, cut);
    const last = m.cold(' -SuwS--#', values, refused);
    const expected = '    --r----(SuwS#)';
    const grammarless = raceModels(modelOf(first), modelOf(last)).stream('Hello');

    m.expect(grammarless).toBeObservable(expected, values, refused);
  });

  it('errors with what the winner errors with', (m) => {
    const winner = m.cold('-sa---#', values, cut);
    const other = m.cold(' S----b', values);

    m.expect(race(winner, other)).toBeObservable('--(sa)#', values, cut);
    m.expect(other).toHaveSubscriptions('^-!');
  });

  it('asks no further model when one answers at once', (m) => {
    const other = m.cold('S-b', values);
    const instant = from([chunks.s, chunks.a, chunks.f]);

    m.expect(race(instant, other)).toBeObservable('(saf|)', values);
    m.expect(other).toHaveSubscriptions([]);
  });

  it('brings the usage of losers and of failures into billedUsage', () => {
    let response: CollectedResponse | undefined;
    raceModels(modelOf(from(failing())), modelOf(of(chunks.s, chunks.a, chunks.u, chunks.f)))
      .stream('Hello')
      .pipe(collectResponse())
      .subscribe((collected) => (response = collected));

    expect(response?.usage).toEqual(usage);
    expect(response?.billedUsage).toEqual({
      inputTokens: 6,
      outputTokens: 10,
      totalTokens: 16,
      partial: true,
    });
  });

  it('aborts all when unsubscribed from, before and after the answer', (m) => {
    const one = m.cold('s----a---', values);
    const two = m.cold('-S-------', values);
    const unsub = '     ^--!';
    const later = '     ^------!';

    m.expect(race(one, two), unsub).toBeObservable('---', values);
    m.expect(race(one), later).toBeObservable('-----(sa)', values);
    m.expect(one).toHaveSubscriptions([unsub, later]);
    m.expect(two).toHaveSubscriptions(unsub);
  });

  it('stops in the middle of what was held', (m) => {
    const one = m.cold('su---a---', values);

    m.expect(race(one).pipe(take(1))).toBeObservable('-----(s|)', values);
    m.expect(one).toHaveSubscriptions('^----!');
  });

  it('asks nobody before it is subscribed to, and everybody anew for each subscriber', (m) => {
    const one = m.cold('--s-a---f|', values);
    const two = m.cold('-S-----b-f|', values);
    const stream = race(one, two);

    m.expect(stream).toBeObservable('----(sa)f|', values);
    m.expect(stream).toBeObservable('----(sa)f|', values);
    m.expect(two).toHaveSubscriptions(['^---!', '^---!']);
  });

  it('takes what a model throws for its failure', (m) => {
    const broken = {
      ...modelOf(of()),
      stream: () => {
        throw cut;
      },
    };
    const other = modelOf(m.cold('s-a-f|', values));

    m.expect(raceModels(broken, other).stream('Hello').pipe(take(3))).toBeObservable('r-(sa|)', values);
  });

  plainIt('bears the name of the first and can do what all can', () => {
    const model = raceModels(
      modelOf(of(), { provider: 'one', model: 'one-1', capabilities: { ...fakeCapabilities, tools: false } }),
      modelOf(of(), { provider: 'two', capabilities: { ...fakeCapabilities, images: false } }),
    );

    expect(model).toMatchObject({
      provider: 'one',
      model: 'one-1',
      capabilities: { ...fakeCapabilities, tools: false, images: false },
    });
  });

  plainIt('throws at the call without models and for what is none', () => {
    expect(() => raceModels()).toThrow('raceModels: a model must be given');
    expect(() => raceModels({} as never)).toThrow('every model must have a method stream, not be object');
  });
});

function* failing(): Iterable<StreamChunk> {
  yield chunks.s;
  yield chunks.u;
  throw cut;
}
