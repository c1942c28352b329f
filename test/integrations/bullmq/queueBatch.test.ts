import { Queue } from 'bullmq';
import {
  concat,
  defer,
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
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  queueBatch,
  type WorkEvent,
  workBatch,
  type WorkBatchOptions,
} from '../../../integrations/bullmq.ts';
import { RunWriter, takeOver } from '../../../integrations/redis/runLog.ts';
import type { BatchChunk, BatchItems } from '../../../models/streamBatch.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { LanguageModel } from '../../../src/model.ts';
import { chunks } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis, useRedis } from '../redis/server.ts';

const { s, a, b, f } = chunks;
const capabilities = {
  streaming: true,
  tools: false,
  parallelTools: false,
  thinking: false,
  structuredOutput: false,
  images: false,
};
const again = new ProviderError('overloaded', { provider: 'test', retryable: true });
const never = new ProviderError('refused', { provider: 'test', retryable: false });
const endsOf = (told: readonly BatchChunk[]) => told.filter(({ type }) => type !== 'item-chunk');
const chunksOf = (told: readonly BatchChunk[], index = 0) =>
  told.flatMap((one) => (one.type === 'item-chunk' && one.index === index ? [one.chunk] : []));
const restart = { type: 'restart', delayMs: 0, error: { name: 'StreamInterruptedError', retryable: true } };

describe.skipIf(!hasRedis)('queueBatch and workBatch', { timeout: 20_000 }, () => {
  const { open } = useRedis();
  let client: ReturnType<typeof open>;
  let queue: Queue;
  /** The requests that were made, by every worker. */
  let asked: unknown[];
  const stops: (() => void)[] = [];

  beforeEach(() => {
    client = open({ maxRetriesPerRequest: null });
    queue = new Queue('prompts', { connection: client });
    asked = [];
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) stop();
    await queue.close();
  });

  /** Lets a worker answer with this, and collects what it tells. */
  const work = (
    answer: (request: unknown) => Observable<StreamChunk>,
    options: Partial<WorkBatchOptions> = {},
  ): { readonly events: WorkEvent[]; readonly stop: () => void } => {
    const model: LanguageModel = {
      provider: 'test',
      model: 'test-1',
      capabilities,
      stream: (request) =>
        defer(() => {
          asked.push(request);
          return answer(request);
        }),
    };
    const events: WorkEvent[] = [];
    const working = workBatch('prompts', model, { client, ...options }).subscribe((event) =>
      events.push(event),
    );
    const stop = () => working.unsubscribe();
    stops.push(stop);
    return { events, stop };
  };
  const batch = (items: BatchItems, options: object = {}) =>
    queueBatch(items, queue, { client, name: 'batch', delay: 1, ...options });
  const toldOf = (items: BatchItems, options: object = {}) =>
    lastValueFrom(batch(items, options).pipe(toArray()));

  it('tells the chunks of every item and its end, with its key', async () => {
    const { events } = work((request) => of(s, { ...a, text: String(request) }, f));
    const told = await toldOf(['one', { key: 'a:b', request: 'two' }]);

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
    void batch(['one']);

    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 0, active: 0 });
  });

  it('takes items one for each free place', async () => {
    work(() => of(s, a, f));
    let taken = 0;
    let ended = 0;
    const ahead: number[] = [];
    const items = (function* () {
      for (; taken < 12; taken += 1) yield `${taken}`;
    })();
    await lastValueFrom(
      batch(items, { concurrency: 3 }).pipe(
        filter(({ type }) => type === 'item-finish'),
        tap(() => {
          ended += 1;
          ahead.push(taken - ended);
        }),
      ),
    );

    expect(Math.max(...ahead)).toBeLessThanOrEqual(3);
    expect(asked).toHaveLength(12);
  });

  it('tries again what may be tried again, and takes back what was told', async () => {
    const { events } = work(() =>
      asked.length === 1
        ? concat(
            of(s, a),
            throwError(() => again),
          )
        : of(s, b, f),
    );
    const told = await toldOf(['one']);

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
    const { events } = work(() =>
      concat(
        of(s, a),
        throwError(() => error),
      ),
    );
    const told = await toldOf(['one', 'two']);

    expect(asked).toHaveLength(2 * times);
    expect(endsOf(told)).toMatchObject([
      { type: 'item-error', error: { name: 'ProviderError', message: error.message } },
      { type: 'item-error' },
    ]);
    await eventually(async () => {
      const letters = await queue.getFailed();
      expect(letters.map(({ failedReason }) => failedReason)).toEqual([error.message, error.message]);
    });
    expect(events.at(-1)).toMatchObject({ outcome: 'failed' });
  });

  it('asks again for a dead letter that is retried, and tells the answer in the next run', async () => {
    const { events } = work(() =>
      asked.length === 1
        ? concat(
            of(s, a),
            throwError(() => never),
          )
        : of(s, b, f),
    );
    await toldOf(['one']);
    await eventually(() => expect(events).toHaveLength(1));
    const [letter] = await queue.getFailed();
    await letter?.retry();
    await eventually(() => expect(events).toHaveLength(2));

    expect(chunksOf(await toldOf(['one']))).toMatchObject([s, b, f]);
    expect(asked).toHaveLength(2);
  });

  it('does not ask again what a batch of the same name has answered', async () => {
    work(() => of(s, a, f));
    await toldOf(['one', 'two']);
    const told = await toldOf(['one', 'two', 'three']);

    expect(asked).toHaveLength(3);
    expect(endsOf(told)).toHaveLength(3);
  });

  it('cancels when unsubscribed from, and asks again when it is run again', async () => {
    // Longer than it takes a worker to see that an item is cancelled.
    const slowly = concat(of(s, b), timer(700).pipe(ignoreElements()), of(f));
    const { events } = work(() => (asked.length === 1 ? concat(of(s, a), NEVER) : slowly), {
      concurrency: 1,
    });
    await lastValueFrom(batch(['one', 'two']).pipe(take(2)));
    await eventually(() => expect(events).toMatchObject([{ id: 'batch/0', outcome: 'cancelled' }]));
    await eventually(async () => expect(await queue.getJobCountByTypes()).toBe(0));
    const told = await toldOf(['one', 'two']);

    expect(asked).toEqual(['one', 'one', 'two']);
    expect(endsOf(told)).toMatchObject([{ response: { text: 'b' } }, { response: { text: 'b' } }]);
  });

  it('lets no item begin while the queue is paused', async () => {
    await queue.pause();
    work(() => of(s, a, f));
    const told = toldOf(['one']);
    await eventually(async () => expect(await queue.getJobCountByTypes()).toBe(1));
    const before = asked.length;
    await queue.resume();

    expect(before).toBe(0);
    expect(endsOf(await told)).toHaveLength(1);
  });

  it('keeps a pace that all workers share', async () => {
    const moments: number[] = [];
    const answer = () => {
      moments.push(performance.now());
      return of(s, f);
    };
    for (let index = 0; index < 2; index += 1) work(answer, { requestsPerMinute: 600 });
    await toldOf(['one', 'two', 'three', 'four']);

    // Never faster, however slow the machine is.
    expect((moments.at(-1) ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(250);
  });

  it('lets no worker begin an item while the provider asks to wait', async () => {
    const moments: number[] = [];
    const busy = new ProviderError('slow down', { provider: 'test', retryable: true, retryAfter: 300 });
    work(
      () => {
        moments.push(performance.now());
        return moments.length === 1 ? throwError(() => busy) : of(s, f);
      },
      { concurrency: 1 },
    );
    await toldOf(['one', 'two']);

    expect((moments[1] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(250);
  });

  it('gives its items back when a worker is left', async () => {
    const first = work(() => concat(of(s, a), NEVER));
    const told: BatchChunk[] = [];
    const done = lastValueFrom(batch(['one']).pipe(tap((chunk) => told.push(chunk))));
    await eventually(() => expect(chunksOf(told)).toHaveLength(2));
    work(() => of(s, b, f));
    first.stop();
    await done;

    expect(chunksOf(told)).toMatchObject([s, a, restart, s, b, f]);
    expect(endsOf(told)).toMatchObject([{ response: { text: 'b' } }]);
  });

  it('does not ask again where the worker was killed between the answer and its end', async () => {
    const old = { client, id: 'prompts/batch/0', writer: 'old', keepFor: 60_000 };
    await lastValueFrom(takeOver(client, old.id, old.writer, old.keepFor));
    await lastValueFrom(new RunWriter(old).write([s, a, f]));
    work(() => of(s, b, f));
    const told = await toldOf(['one']);

    expect(asked).toEqual([]);
    expect(endsOf(told)).toMatchObject([{ type: 'item-finish', response: { text: 'a' } }]);
  });

  it('refuses what a worker still writes whose item was taken over', async () => {
    const old = { client, id: 'prompts/batch/0', writer: 'old', keepFor: 60_000 };
    const writer = new RunWriter(old);
    await lastValueFrom(takeOver(client, old.id, old.writer, old.keepFor));
    await lastValueFrom(takeOver(client, old.id, 'new', old.keepFor));
    await outcomeOf(writer.write([s]));

    expect(writer.failure?.error).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
  });

  it('tells of problems with the queue, and goes on', async () => {
    await client.set('bull:prompts:wait', 'something else');
    const { events } = work(() => of(s, a, f));
    await eventually(() => expect(events[0]).toMatchObject({ type: 'problem' }));
    await client.del('bull:prompts:wait');

    expect(endsOf(await toldOf(['one']))).toHaveLength(1);
  });

  it('errors where the queue refuses', async () => {
    await client.set('bull:prompts:batch/0', 'something else');

    expect((await outcomeOf(batch(['one']))).error).toMatchObject({
      name: 'SinkError',
      message: expect.stringContaining('The queue failed: WRONGTYPE') as string,
    });
  });

  it('errors with what the items error with, behind those that have begun', async () => {
    work(() => of(s, a, f));
    const items = concat(
      of('one'),
      timer(0),
      throwError(() => never),
    ) as Observable<string>;
    const { seen, error } = await outcomeOf(batch(items.pipe(filter((item) => typeof item === 'string'))));

    expect(endsOf(seen)).toHaveLength(1);
    expect(error).toBe(never);
  });

  it.each([
    [{ concurrency: 0 }, 'queueBatch: concurrency must be a whole number from 1, not 0'],
    [{ attempts: 0 }, 'queueBatch: attempts must be a whole number from 1, not 0'],
    [{ keepFor: 1 }, 'queueBatch: keepFor must be a whole number from 1000 to 2147483647, not 1'],
  ])('refuses %j', (options, message) => {
    expect(() => batch([], options)).toThrow(message);
  });

  it.each([
    [{ concurrency: 0 }, 'workBatch: concurrency must be a whole number from 1, not 0'],
    [{ requestsPerMinute: 0 }, 'workBatch: requestsPerMinute must be a number from 5e-324, not 0'],
    [{ stalledAfter: 1 }, 'workBatch: stalledAfter must be a whole number from 100, not 1'],
  ])('refuses a worker with %j', (options, message) => {
    expect(() => work(() => NEVER, options)).toThrow(message);
  });
});
