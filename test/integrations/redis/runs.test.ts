import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  concat,
  from,
  lastValueFrom,
  map,
  NEVER,
  of,
  startWith,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { publishTo, type RedisClient, stopRun, subscribeFrom } from '../../../integrations/redis.ts';
import { collectResponse } from '../../../operators/collectResponse.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { InvalidRequestError, StreamInterruptedError } from '../../../src/errors.ts';
import { chunks, cut } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis, useRedis } from './server.ts';

const { s, a, b, f } = chunks;
const logged = (list: readonly StreamChunk[], first = 1) =>
  list.map((chunk, index) => ({ ...chunk, eventId: String(first + index) }));
const textOf = (client: RedisClient, id: string) =>
  lastValueFrom(
    subscribeFrom(client, id).pipe(
      collectResponse(),
      map(({ text }) => text),
    ),
  );
/** Waits until a run has so many entries. */
const reaches = (client: RedisClient, id: string, count: number) =>
  lastValueFrom(subscribeFrom(client, id).pipe(take(count), toArray()));
/** How many connections the server has, beside the one that asks. */
const connectionsOf = async (client: RedisClient) =>
  String(await client.call('CLIENT', ['LIST']))
    .trim()
    .split('\n').length - 1;

if (!hasRedis) console.warn('Skipped: tests that need Redis; `apt-get install redis-server` gets it');

describe.skipIf(!hasRedis)('runs in Redis', { timeout: 20_000 }, () => {
  const { server, open } = useRedis();

  it('are followed from the beginning', async () => {
    const client = open();
    await lastValueFrom(from([s, a, f]).pipe(publishTo(client, 'run')));

    expect(await outcomeOf(subscribeFrom(open(), 'run'))).toEqual({
      seen: logged([s, a, f]),
      error: undefined,
    });
  });

  it.each([{}, { protocol: 2 }, { protocol: 3, replyMapping: 'resp3' }, { keyPrefix: 'app:' }] as const)(
    'are followed as they come, with the client options %j',
    async (options) => {
      const source = new Subject<StreamChunk>();
      const published = outcomeOf(source.pipe(startWith(s), publishTo(open(options), 'run')));
      const client = open(options);
      await eventually(() => reaches(client, 'run', 1));
      const followed = outcomeOf(
        subscribeFrom(client, 'run').pipe(
          tap({
            next: ({ eventId }) => {
              if (eventId === '1') source.next(a);
              if (eventId === '2') source.next(b);
              if (eventId === '3') source.complete();
            },
          }),
        ),
      );

      expect((await followed).seen).toEqual(logged([s, a, b]));
      expect((await published).error).toBeUndefined();
    },
  );

  it('are resumed behind the last chunk that was seen', async () => {
    const client = open();
    await lastValueFrom(from([s, a, { ...b, block: 1 }, f]).pipe(publishTo(client, 'run')));

    expect((await outcomeOf(subscribeFrom(client, 'run', '2'))).seen).toEqual(
      logged([{ ...b, block: 1 }, f], 3),
    );
    expect((await outcomeOf(subscribeFrom(client, 'run', ''))).seen).toHaveLength(4);
    expect((await outcomeOf(subscribeFrom(client, 'run', null))).seen).toHaveLength(4);
  });

  it('tell what is longer than a page', async () => {
    const client = open();
    const many = Array.from({ length: 2_500 }, (_, block) => ({ ...a, block }));
    await lastValueFrom(from(many).pipe(publishTo(client, 'run')));

    expect((await outcomeOf(subscribeFrom(client, 'run'))).seen).toEqual(logged(many));
  });

  it('fail for who follows with what they failed with', async () => {
    const client = open();
    await outcomeOf(
      concat(
        of(s, a),
        throwError(() => cut),
      ).pipe(publishTo(client, 'run')),
    );
    const { seen, error } = await outcomeOf(subscribeFrom(client, 'run'));

    expect(seen).toEqual(logged([s, a]));
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ message: 'cut', retryable: true });
  });

  it('are stopped from any server', async () => {
    const published = outcomeOf(concat(of(s, a), NEVER).pipe(publishTo(open(), 'run')));
    const other = open();
    await eventually(() => reaches(other, 'run', 2));

    expect(await lastValueFrom(stopRun(other, 'run'))).toBe(true);
    expect((await published).seen.at(-1)).toMatchObject({ type: 'finish', reason: 'aborted' });
    expect((await outcomeOf(subscribeFrom(other, 'run'))).seen.at(-1)).toMatchObject({ reason: 'aborted' });
  });

  it('cannot be stopped or followed where there are none', async () => {
    const client = open();

    expect(await lastValueFrom(stopRun(client, 'run'))).toBe(false);
    expect((await outcomeOf(subscribeFrom(client, 'run'))).error).toEqual(
      new InvalidRequestError('There is no run "run": it never began, or is forgotten'),
    );
  });

  it.each(['9', '-1', '1.5', '1-0', 'x'])('have no entry %j', async (lastId) => {
    const client = open();
    await lastValueFrom(from([s, a]).pipe(publishTo(client, 'run')));

    expect((await outcomeOf(subscribeFrom(client, 'run', lastId))).error).toEqual(
      new InvalidRequestError(`There is no entry "${lastId}" in the run "run"`),
    );
  });

  it('begin once, on whatever server', async () => {
    const source = from([s, a, f]);
    const outcomes = await Promise.all([
      outcomeOf(source.pipe(publishTo(open(), 'run'))),
      outcomeOf(source.pipe(publishTo(open(), 'run'))),
    ]);
    const [refused] = outcomes.flatMap(({ error }) => error ?? []);

    expect(outcomes.map(({ seen }) => seen.length).sort()).toEqual([0, 3]);
    expect(refused).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
  });

  it('are forgotten after the time', async () => {
    const client = open();
    await lastValueFrom(from([s, f]).pipe(publishTo(client, 'run', { keepFor: 5 })));

    await eventually(async () => {
      expect((await outcomeOf(subscribeFrom(client, 'run'))).error).toBeInstanceOf(InvalidRequestError);
      expect(await client.call('KEYS', ['*'])).toEqual([]);
    });
  });

  it('tell who follows when the producer is unsubscribed from', async () => {
    const source = concat(of(s, a), NEVER);
    const client = open();
    await lastValueFrom(source.pipe(publishTo(client, 'run'), take(2)));
    const { seen, error } = await outcomeOf(subscribeFrom(open(), 'run'));

    expect(seen[0]).toEqual({ ...s, eventId: '1' });
    expect(error).toMatchObject({
      name: 'StreamInterruptedError',
      message: 'The program that produced this run has left it',
    });
  });

  it('have many followers on one further connection, closed when the last one leaves', async () => {
    const [producer, client, asking] = [open(), open(), open()];
    const run = concat(of(s), NEVER).pipe(publishTo(producer, 'run')).subscribe();
    await eventually(() => reaches(client, 'run', 1));
    await eventually(async () => expect(await connectionsOf(asking)).toBe(2));

    const followers = Array.from({ length: 50 }, () => subscribeFrom(client, 'run').subscribe());
    await eventually(async () => expect(await connectionsOf(asking)).toBe(3));
    for (const follower of followers) follower.unsubscribe();

    await eventually(async () => expect(await connectionsOf(asking)).toBe(2));
    run.unsubscribe();
  });

  it('fail with what Redis refuses', async () => {
    const client = open();
    await client.set('rxllm:run:{run}', 'something else');

    expect((await outcomeOf(subscribeFrom(client, 'run'))).error).toMatchObject({
      name: 'ProviderError',
      code: 'WRONGTYPE',
      retryable: false,
    });
  });

  it('are followed, resumed and stopped from another process', async () => {
    const program = fileURLToPath(new URL('producer.ts', import.meta.url));
    const producer = spawn(process.execPath, [program, String(server.port)], { stdio: 'inherit' });
    const exit = once(producer, 'exit');
    const client = open();
    const first = await eventually(() => reaches(client, 'run', 5));

    const rest = outcomeOf(subscribeFrom(client, 'run', first.at(-1)?.eventId));
    await lastValueFrom(subscribeFrom(client, 'run').pipe(take(8)));
    await lastValueFrom(stopRun(client, 'run'));
    const { seen } = await rest;
    const texts = [...first, ...seen].flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.text] : []));
    const words = texts.join('').trim().split(' ');
    await exit;

    expect(words).toEqual(words.map((_, index) => String(index)));
    expect(words.length).toBeGreaterThan(6);
    expect(seen.at(-1)).toMatchObject({ type: 'finish', reason: 'aborted' });
    expect(await textOf(client, 'run')).toBe(texts.join(''));
  });
});
