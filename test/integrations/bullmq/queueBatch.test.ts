import {
  concat,
  filter,
  ignoreElements,
  lastValueFrom,
  NEVER,
  type Observable,
  of,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/errors.ts';
import { chunks } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis } from '../redis/server.ts';
import { Bench, chunksOf, endsOf, restart } from './bench.ts';

const { s, a, b, f } = chunks;
const again = new ProviderError('overloaded', { provider: 'test', retryable: true });
const never = new ProviderError('refused', { provider: 'test', retryable: false });

describe.skipIf(!hasRedis)('queueBatch', { timeout: 20_000 }, () => {
  const bench = new Bench();

  it('tells the chunks of every item and its end, with its key', async () => {
    const { events } = bench.work((request) => of(s, { ...a, text: String(request) }, f));
    const told = await bench.toldOf(['one', { key: 'a:b', request: 'two' }]);

    expect(chunksOf(told)).toMatchObject([s, { text: 'one' }, f]);
    expect(endsOf(told).sort((one, other) => one.index - other.index)).toMatchObject([
      { type: 'item-finish', index: 0, response: { text: 'one', finishReason: 'stop' } },
      { type: 'item-finish', index: 1, key: 'a:b', response: { text: 'two' } },
    ]);
    await eventually(() =>
      expect(events.map((event) => event.type === 'item' && event.id).sort()).toEqual([
        'batch/0',
        'batch/a%3Ab',
      ]),
    );
  });

  it('asks nothing before it is subscribed to', async () => {
    void bench.batch(['one']);

    expect(await bench.queue.getJobCounts('wait', 'active')).toEqual({ wait: 0, active: 0 });
  });

  it('takes items one for each free place', async () => {
    bench.work(() => of(s, a, f));
    let taken = 0;
    let ended = 0;
    const ahead: number[] = [];
    const items = (function* () {
      for (; taken < 12; taken += 1) yield `${taken}`;
    })();
    await lastValueFrom(
      bench.batch(items, { concurrency: 3 }).pipe(
        filter(({ type }) => type === 'item-finish'),
        tap(() => {
          ended += 1;
          ahead.push(taken - ended);
        }),
      ),
    );

    expect(Math.max(...ahead)).toBeLessThanOrEqual(3);
    expect(bench.asked).toHaveLength(12);
  });

  it('tries again what may be tried again, and takes back what was told', async () => {
    const { events } = bench.work(() =>
      bench.asked.length === 1
        ? concat(
            of(s, a),
            throwError(() => again),
          )
        : of(s, b, f),
    );
    const told = await bench.toldOf(['one']);

    expect(chunksOf(told)).toMatchObject([s, a, { ...restart, attempt: 2, maxAttempts: 3 }, s, b, f]);
    expect(endsOf(told)).toMatchObject([{ type: 'item-finish', response: { text: 'b' } }]);
    await eventually(() =>
      expect(events).toMatchObject([
        { id: 'batch/0', outcome: 'retried', error: { message: 'overloaded' } },
        { id: 'batch/0', outcome: 'answered' },
      ]),
    );
  });

  it.each([
    ['all attempts', again, 3],
    ['one attempt where another cannot help', never, 1],
    ['one attempt where it is no error of this library', new Error('bug'), 1],
  ])('gives an item up after %s, as a dead letter', async (_, error, times) => {
    const { events } = bench.work(() =>
      concat(
        of(s, a),
        throwError(() => error),
      ),
    );
    const told = await bench.toldOf(['one', 'two']);

    expect(bench.asked).toHaveLength(2 * times);
    expect(endsOf(told)).toMatchObject([
      { type: 'item-error', error: { name: 'ProviderError', message: error.message } },
      { type: 'item-error' },
    ]);
    await eventually(async () => {
      const letters = await bench.queue.getFailed();
      expect(letters.map(({ failedReason }) => failedReason)).toEqual([error.message, error.message]);
    });
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('asks again for a dead letter that is retried, and tells the answer in the next run', async () => {
    const { events } = bench.work(() =>
      bench.asked.length === 1
        ? concat(
            of(s, a),
            throwError(() => never),
          )
        : of(s, b, f),
    );
    await bench.toldOf(['one']);
    await eventually(() => expect(events).toHaveLength(1));
    const [letter] = await bench.queue.getFailed();
    await letter?.retry();
    await eventually(() => expect(events).toHaveLength(2));

    expect(chunksOf(await bench.toldOf(['one']))).toMatchObject([s, b, f]);
    expect(bench.asked).toHaveLength(2);
  });

  it('does not ask again what a batch of the same name has answered', async () => {
    bench.work(() => of(s, a, f));
    await bench.toldOf(['one', 'two']);
    const told = await bench.toldOf(['one', 'two', 'three']);

    expect(bench.asked).toHaveLength(3);
    expect(endsOf(told)).toHaveLength(3);
  });

  it('cancels when unsubscribed from, and asks again when it is run again', async () => {
    // Longer than it takes a worker to see that an item is cancelled.
    const slowly = concat(of(s, b), timer(700).pipe(ignoreElements()), of(f));
    const { events } = bench.work(() => (bench.asked.length === 1 ? concat(of(s, a), NEVER) : slowly), {
      concurrency: 1,
    });
    await lastValueFrom(bench.batch(['one', 'two']).pipe(take(2)));
    await eventually(() => expect(events).toMatchObject([{ id: 'batch/0', outcome: 'cancelled' }]));
    await eventually(async () => expect(await bench.queue.getJobCountByTypes()).toBe(0));
    const told = await bench.toldOf(['one', 'two']);

    expect(bench.asked).toEqual(['one', 'one', 'two']);
    expect(endsOf(told)).toMatchObject([{ response: { text: 'b' } }, { response: { text: 'b' } }]);
  });

  it('lets no item begin while the queue is paused', async () => {
    await bench.queue.pause();
    bench.work(() => of(s, a, f));
    const told = bench.toldOf(['one']);
    await eventually(async () => expect(await bench.queue.getJobCountByTypes()).toBe(1));
    const before = bench.asked.length;
    await bench.queue.resume();

    expect(before).toBe(0);
    expect(endsOf(await told)).toHaveLength(1);
  });

  it('errors where the queue refuses', async () => {
    await bench.client.set('bull:prompts:batch/0', 'something else');

    expect((await outcomeOf(bench.batch(['one']))).error).toMatchObject({
      name: 'SinkError',
      message: expect.stringContaining('The queue failed: WRONGTYPE') as string,
    });
  });

  it('errors with what the items error with, behind those that have begun', async () => {
    bench.work(() => of(s, a, f));
    const items = concat(
      of('one'),
      timer(0),
      throwError(() => never),
    ) as Observable<string>;
    const { seen, error } = await outcomeOf(
      bench.batch(items.pipe(filter((item) => typeof item === 'string'))),
    );

    expect(endsOf(seen)).toHaveLength(1);
    expect(error).toBe(never);
  });

  it.each([
    [{ concurrency: 0 }, 'queueBatch: concurrency must be a whole number from 1, not 0'],
    [{ attempts: 0 }, 'queueBatch: attempts must be a whole number from 1, not 0'],
    [{ keepFor: 1 }, 'queueBatch: keepFor must be a whole number from 1000 to 2147483647, not 1'],
  ])('refuses %j', (options, message) => {
    expect(() => bench.batch([], options)).toThrow(message);
  });
});
