import { concat, EMPTY, lastValueFrom, mergeMap, NEVER, of, timer } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { drain } from '../../operators/drain.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { GuardError, StreamAbortedError } from '../../src/errors.ts';
import { chunks, cut } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const values: Record<string, StreamChunk> = {
  ...chunks,
  x: { type: 'finish', reason: 'aborted', metadata: {} },
};
const refused = new GuardError('The server is about to stop and takes no further stream', {
  code: 'draining',
});

describe('drain', () => {
  behavesAsOperator('drain', () => drain({ timeout: 10 }).track());

  it('lets running streams end, and completes when the last has', (m) => {
    const draining = drain({ timeout: 9 });
    const one = m.cold('s-a-f|', values);
    const two = m.cold('s-a-b-f|', values);
    const start = timer(3).pipe(mergeMap(() => draining.start()));
    const expected = ' ---2-1-(0|)';

    m.expect(one.pipe(draining.track())).toBeObservable('s-a-f|', values);
    m.expect(two.pipe(draining.track())).toBeObservable('s-a-b-f|', values);
    m.expect(start).toBeObservable(expected, { 0: 0, 1: 1, 2: 2 });
  });

  it('interrupts after the timeout those that still run, and aborts their requests', (m) => {
    const draining = drain({ timeout: 5, scheduler: m.scheduler });
    const one = m.cold('s-a-f|', values);
    const two = m.cold('s-a-b-c--a-b-c', values);
    const start = timer(3).pipe(mergeMap(() => draining.start()));

    m.expect(one.pipe(draining.track())).toBeObservable('s-a-f|', values);
    m.expect(two.pipe(draining.track(), verifyGrammar())).toBeObservable('s-a-b-c-(x|)', {
      ...values,
    });
    m.expect(two).toHaveSubscriptions('^-------!');
    m.expect(start).toBeObservable('---2-1--(0|)', { 0: 0, 1: 1, 2: 2 });
  });

  it('refuses further streams without a request', (m) => {
    const draining = drain({ timeout: 9 });
    const source = m.cold('s-a-f|', values);
    const late = timer(2).pipe(mergeMap(() => source.pipe(draining.track())));

    m.expect(draining.start()).toBeObservable('(0|)', { 0: 0 });
    m.expect(late).toBeObservable('--#', values, refused);
    m.expect(source).toHaveSubscriptions([]);
  });

  plainIt('tells by its code why a stream is refused', () => {
    const draining = drain({ timeout: 9 });
    const codes: unknown[] = [];
    draining.start().subscribe();
    draining
      .track()(NEVER)
      .subscribe({ error: ({ code }: GuardError) => codes.push(code) });

    expect(codes).toEqual(['draining']);
  });

  it('interrupts with an error where told so', (m) => {
    const draining = drain({ timeout: 2, as: 'error' });
    const source = m.cold('s--a-b-f|', values);
    const stopped = new StreamAbortedError('The stream was stopped');

    m.expect(source.pipe(draining.track())).toBeObservable('s-#', values, stopped);
    m.expect(draining.start()).toBeObservable('1-(0|)', { 0: 0, 1: 1 });
  });

  it('counts streams that fail, and those that are unsubscribed from', (m) => {
    const draining = drain({ timeout: 9 });
    const failing = m.cold('s-#', values, cut);
    const left = m.cold('   s--------', values);

    m.expect(failing.pipe(draining.track())).toBeObservable('s-#', values, cut);
    m.expect(left.pipe(draining.track()), '^---!').toBeObservable('s---', values);
    m.expect(draining.start()).toBeObservable('2-1-(0|)', { 0: 0, 1: 1, 2: 2 });
  });

  it('interrupts nobody when start is unsubscribed from, and still refuses', (m) => {
    const draining = drain({ timeout: 3 });
    const source = m.cold('s-a-b-f|', values);
    const late = timer(5).pipe(mergeMap(() => draining.track()(NEVER)));

    m.expect(source.pipe(draining.track())).toBeObservable('s-a-b-f|', values);
    m.expect(draining.start(), '^-!').toBeObservable('1-', { 1: 1 });
    m.expect(late).toBeObservable('-----#', values, refused);
  });

  it('does not interrupt at once when it may wait forever', (m) => {
    const draining = drain({ timeout: Infinity });

    m.expect(m.cold('s-a-f|', values).pipe(draining.track())).toBeObservable('s-a-f|', values);
    m.expect(draining.start()).toBeObservable('1----(0|)', { 0: 0, 1: 1 });
  });

  it('does nothing before start is subscribed to', (m) => {
    const draining = drain({ timeout: 0 });
    void draining.start();

    m.expect(m.cold('s-a-f|', values).pipe(draining.track())).toBeObservable('s-a-f|', values);
  });

  it('lets several wait for the end', (m) => {
    const draining = drain({ timeout: 4 });
    m.expect(m.cold('s-a-------', values).pipe(draining.track())).toBeObservable('s-a-(x|)', values);
    m.expect(draining.start()).toBeObservable('1---(0|)', { 0: 0, 1: 1 });
    m.expect(timer(1).pipe(mergeMap(() => draining.start()))).toBeObservable('-1--(0|)', { 0: 0, 1: 1 });
  });

  plainIt('has a last value to wait for, even when nothing runs', async () => {
    const draining = drain({ timeout: 10 });
    concat(of(chunks.s, chunks.f), EMPTY).pipe(draining.track()).subscribe();

    await expect(lastValueFrom(draining.start())).resolves.toBe(0);
  });

  plainIt('throws at the call for options that make no sense', () => {
    expect(() => drain({} as never)).toThrow('drain: timeout must be given');
    expect(() => drain({ timeout: -1 })).toThrow('drain: timeout must be a number from 0, not -1');
    expect(() => drain({ timeout: 1, as: 'end' as never })).toThrow(
      'drain: as must be finish, error, not end',
    );
  });
});
