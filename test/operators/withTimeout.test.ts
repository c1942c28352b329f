import { EMPTY, NEVER, type Observable, of, take, tap } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { withTimeout, type WithTimeoutOptions } from '../../operators/withTimeout.ts';
import { type ErrorDetails, StreamTimeoutError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import {
  type ChunkValues,
  finish,
  restart,
  thinking,
  toolCall,
  toolResult,
  usage,
} from '../../testing/index.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const values: ChunkValues = {
  s: { type: 'start' },
  t: thinking('t'),
  C: toolCall('weather'),
  R: toolResult('weather', 'sunny'),
  u: usage({ outputTokens: 5 }),
  f: finish(),
  r: restart({ delayMs: 5 }),
  w: { type: 'raw', event: {} },
};
const words = {
  first: 'no content',
  each: 'no further content',
  total: 'no end',
};
const missing =
  (limit: keyof typeof words, milliseconds: number) =>
  ({ provider }: ErrorDetails) =>
    new StreamTimeoutError(`test sent ${words[limit]} within ${milliseconds} ms`, {
      limit,
      milliseconds,
      provider,
    });
const first = missing('first', 4);
const each = missing('each', 3);
const total = missing('total', 6);

const limited = (source: Observable<StreamChunk>, options: WithTimeoutOptions) =>
  source.pipe(withTimeout(options), verifyGrammar());

describe('withTimeout', () => {
  behavesAsOperator('withTimeout', () => withTimeout({ first: 100, each: 100, total: 1_000 }));

  it('fails when content is missing for longer than first or each', (m) => {
    const stalled = m.coldChunks('s--a-b---------f|', values);
    const late = m.coldChunks('   s------------a-f|', values);
    const options = { first: 9, each: 4 };

    m.expectChunks(limited(stalled, options)).toBe('s--a-b---#', values, missing('each', 4));
    m.expectChunks(limited(late, options)).toBe('   s--------#', values, missing('first', 9));
  });

  it('fails when the first content does not arrive in time, and unsubscribes', (m) => {
    const source = m.coldChunks('s-----a-f|', values);
    const subs = '               ^---!';
    const expected = '           s---#';

    m.expectChunks(limited(source, { first: 4 })).toBe(expected, values, first);
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('fails when the source never says a word', (m) => {
    const silent = new StreamTimeoutError('The model sent no content within 4 ms', {
      limit: 'first',
      milliseconds: 4,
    });

    m.expectChunks(limited(m.coldChunks('-'), { first: 4 })).toBe('----#', values, silent);
  });

  it('takes content that arrives in the very moment', (m) => {
    const source = m.coldChunks('s---a--b--cf|', values);

    m.expectChunks(limited(source, { first: 4, each: 3 })).toBe('s---a--b--cf|', values);
  });

  it('fails when the next content does not arrive in time', (m) => {
    const source = m.coldChunks('sa-b----c-f|', values);
    const expected = '           sa-b--#';

    m.expectChunks(limited(source, { each: 3 })).toBe(expected, values, each);
  });

  it('lets each begin with the first content', (m) => {
    const source = m.coldChunks('s---------a---f|', values);
    const expected = '           s---------a--#';

    m.expectChunks(limited(source, { each: 3 })).toBe(expected, values, each);
  });

  it('takes the time of each from a first that lasts longer', (m) => {
    const source = m.coldChunks('sa----b', values);
    const expected = '           sa--#';

    m.expectChunks(limited(source, { first: 50, each: 3 })).toBe(expected, values, each);
  });

  it('does not count start, usage and raw as content', (m) => {
    m.expectChunks(limited(m.coldChunks('-s-w-a', values), { first: 4 })).toBe('-s-w#', values, first);
    m.expectChunks(limited(m.coldChunks('sa-u-w', values), { each: 3 })).toBe('sa-u#', values, each);
  });

  it('fails when the stream as a whole lasts too long', (m) => {
    const source = m.coldChunks('sa--b--a--b', values);
    const expected = '           sa--b-#';

    m.expectChunks(limited(source, { each: 4, total: 6 })).toBe(expected, values, total);
  });

  it('waits behind finish for as long as tools run, within total', (m) => {
    const source = m.coldChunks('s--Cf----------R-|', values);

    m.expectChunks(limited(source, { first: 4, each: 3 })).toBe('s--Cf----------R-|', values);
    m.expectChunks(limited(source, { each: 3, total: 6 })).toBe('s--Cf-#', values, total);
  });

  it('counts the first of a later call from its start', (m) => {
    const source = m.coldChunks('s--Cf-------R---s-----a', values);
    const expected = '           s--Cf-------R---s---#';

    m.expectChunks(limited(source, { first: 4, each: 3 })).toBe(expected, values, first);
  });

  it('counts the first after a restart from the end of its delay', (m) => {
    const inTime = m.coldChunks('sa-r-----s--a-f|', values);
    const late = m.coldChunks('  sa-r-----s----a-f|', values);
    const expected = '           sa-r-----s--#';

    m.expectChunks(limited(inTime, { first: 4, each: 3 })).toBe('sa-r-----s--a-f|', values);
    m.expectChunks(limited(late, { first: 4, each: 3 })).toBe(expected, values, first);
  });

  it('counts the whole wall clock in total, delays of restarts included', (m) => {
    const source = m.coldChunks('sa-r-----sa', values);

    m.expectChunks(limited(source, { total: 6 })).toBe('sa-r--#', values, total);
  });

  it('names the provider, the request and what had arrived', (m) => {
    const start: StreamChunk = { ...chunks.s, requestId: 'req_1' };
    const failed = vi.fn<(error: unknown) => void>();
    m.coldChunks('sab-', { ...values, s: start })
      .pipe(withTimeout({ each: 3 }))
      .subscribe({ error: failed });
    m.flush();

    const error = failed.mock.calls[0]?.[0] as StreamTimeoutError;
    expect(error).toMatchObject({
      limit: 'each',
      milliseconds: 3,
      retryable: true,
      provider: 'test',
      requestId: 'req_1',
    });
    expect(error.partial.text).toBe('ab');
  });

  it('keeps nothing with partial: false', (m) => {
    const failed = vi.fn<(error: unknown) => void>();
    m.coldChunks('sab-', values)
      .pipe(withTimeout({ each: 3, partial: false }))
      .subscribe({ error: failed });
    m.flush();

    expect((failed.mock.calls[0]?.[0] as StreamTimeoutError).partial.text).toBe('');
  });

  it('makes no timer per chunk', (m) => {
    const schedule = vi.spyOn(m.scheduler, 'schedule');
    const source = m.coldChunks(`s${'ab'.repeat(500)}f|`, values);
    const before = schedule.mock.calls.length;
    source.pipe(withTimeout({ first: 200, each: 100, scheduler: m.scheduler })).subscribe();
    const atSubscription = schedule.mock.calls.length;
    m.flush();

    expect(atSubscription - before).toBeGreaterThan(1_000);
    expect(schedule.mock.calls.length - atSubscription).toBeLessThan(15);
  });

  it('waits longer than a timer of JavaScript can', (m) => {
    const wait = 3_000_000_000;
    const source = m.coldChunks(`s ${wait - 1}ms af|`, values);

    m.expectChunks(limited(source, { first: wait })).toBe(`s ${wait - 1}ms af|`, values);
  });

  it('leaves no timer when unsubscribed from', (m) => {
    const source = m.coldChunks('sa-', values);
    const unsub = '              ^-!';

    m.expectChunks(limited(source, { each: 3 }), unsub).toBe('sa-', values);
    m.expect(source).toHaveSubscriptions(unsub);
  });

  it('stops a synchronous source at the chunk at which it is unsubscribed from', (m) => {
    const seen = vi.fn();
    of(chunks.s, chunks.a, chunks.b)
      .pipe(tap(seen), withTimeout({ each: 3 }), take(1))
      .subscribe();
    m.flush();

    expect(seen).toHaveBeenCalledTimes(1);
  });
});

describe('withTimeout options', () => {
  plainIt('throws where none is given', () => {
    expect(() => withTimeout({})).toThrow('withTimeout: first, each or total');
  });

  plainIt('throws where one is no time', () => {
    expect(() => withTimeout({ each: 0 })).toThrow('withTimeout: each must be a number from 1, not 0');
    expect(() => withTimeout({ first: Number.NaN })).toThrow('withTimeout: first');
  });

  plainIt('leaves no timer behind in real time', () => {
    vi.useFakeTimers();
    EMPTY.pipe(withTimeout({ first: 5 })).subscribe();
    NEVER.pipe(withTimeout({ first: 5 }))
      .subscribe()
      .unsubscribe();

    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
});
