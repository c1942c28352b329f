import { concatMap, map, type Observable, of, timer } from 'rxjs';
import { describe, expect } from 'vitest';
import { type RedisClient, subscribeFrom } from '../../../integrations/redis.ts';
import { ProviderError, StreamInterruptedError } from '../../../src/errors.ts';
import { chunks } from '../../chunks.ts';
import { it } from '../../marbles.ts';

const { s, a, b } = chunks;
const first = ['1-0', ['chunk', JSON.stringify(s)]];
const values = { s: { ...s, eventId: '1' } };

/** A Redis that answers in a millisecond, and to a blocking read after a tenth of a second that there is nothing. */
function redisWith(look: (count: number) => unknown): {
  readonly client: RedisClient;
  readonly calls: string[];
} {
  const calls: string[] = [];
  let looks = 0;
  const answer = (command: string): Observable<unknown> => {
    calls.push(command);
    if (command === 'XRANGE') return timer(1).pipe(map(() => [first]));
    if (command === 'XREAD') return timer(100).pipe(map(() => null));
    return timer(1).pipe(map(() => look((looks += 1))));
  };
  const client: RedisClient = {
    // What RxJS subscribes to may be an Observable as well as a promise, and promises know no virtual time.
    call: (command) => answer(command) as unknown as Promise<unknown>,
    duplicate: () => client,
    disconnect: () => calls.push('disconnect'),
    on: () => undefined,
  };
  return { client, calls };
}

describe('subscribeFrom', () => {
  it('asks Redis nothing before it is subscribed to', (m) => {
    const { client, calls } = redisWith(() => [1, 0]);
    void subscribeFrom(client, 'run');

    m.flush();
    expect(calls).toEqual([]);
  });

  it('fails when the producer has given no sign of life for 10 seconds', (m) => {
    const { client } = redisWith((count) => [1, count * 2_000]);
    const gone = new StreamInterruptedError(
      'The program that produced the run "run" has given no sign of life for 12000 ms',
    );

    m.expect(subscribeFrom(client, 'run')).toBeObservable('--s 9999ms #', values, gone);
  });

  it('waits for what is written when the producer has gone', (m) => {
    const { client } = redisWith((count) => (count < 9 ? [2, count * 2_000] : [1, count * 2_000]));
    const gone = new StreamInterruptedError(
      'The program that produced the run "run" has given no sign of life for 18000 ms',
    );

    m.expect(subscribeFrom(client, 'run')).toBeObservable('--s 15999ms #', values, gone);
  });

  it('fails when Redis does not answer for 30 seconds', (m) => {
    const { client } = redisWith(() => [1, 0]);
    const silent: RedisClient = {
      ...client,
      duplicate: () => ({ ...client, call: () => timer(1e6) as never }),
    };
    const error = new ProviderError('Redis could not be read: there was no answer for 30000 ms', {
      provider: 'redis',
      code: 'TIMEOUT',
      retryable: true,
    });

    m.expect(subscribeFrom(silent, 'run')).toBeObservable('--s 29999ms #', values, error);
  });

  it('gives who joins while others are read for what these have already', (m) => {
    const texts = [s, a, b, { type: 'end' }].map((chunk) => JSON.stringify(chunk));
    const entriesIn = (from: number, to: number) =>
      texts.slice(from, to).map((text, index) => [`${from + index + 1}-0`, ['chunk', text]]);
    const written = [2, 1];
    const reads: unknown[] = [];
    const client: RedisClient = {
      call: (command, args) => {
        if (command === 'EVAL') return of([4, 0]) as never;
        if (command === 'XRANGE') return of(entriesIn(0, written.shift() ?? 0)) as never;
        const last = Number(args.at(-1));
        reads.push(last);
        return timer(100).pipe(map(() => [['rxllm:run:{run}:chunks', entriesIn(last, last + 2)]])) as never;
      },
      duplicate: () => client,
      disconnect: () => undefined,
      on: () => undefined,
    };
    const logged = {
      s: { ...s, eventId: '1' },
      a: { ...a, eventId: '2' },
      b: { ...b, eventId: '3' },
    };

    m.expect(subscribeFrom(client, 'run')).toBeObservable('(sa) 96ms (b|)', logged);
    m.expect(timer(50).pipe(concatMap(() => subscribeFrom(client, 'run')))).toBeObservable(
      '50ms s 149ms (ab) 96ms |',
      logged,
    );
    m.flush();
    expect(reads).toEqual([2, 1, 3]);
  });

  it('closes the connection when unsubscribed from', (m) => {
    const { client, calls } = redisWith(() => [1, 0]);

    m.expect(subscribeFrom(client, 'run'), '^ 150ms !').toBeObservable('--s', values);
    m.flush();
    expect(calls.at(-1)).toBe('disconnect');
  });
});
