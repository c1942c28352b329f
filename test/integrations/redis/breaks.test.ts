import {
  concatMap,
  interval,
  lastValueFrom,
  map,
  of,
  startWith,
  Subject,
  take,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { publishTo, type RedisClient, subscribeFrom } from '../../../integrations/redis.ts';
import { selectText } from '../../../operators/selectText.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { ProviderError, SinkError } from '../../../src/errors.ts';
import { chunks } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis, useRedis } from './server.ts';

const { s, a, f } = chunks;
/** Waits until a run has so many entries. */
const reaches = (client: RedisClient, id: string, count: number) =>
  lastValueFrom(subscribeFrom(client, id).pipe(take(count), toArray()));

/** A run that is published, and followed by somebody who has seen its first chunk. */
async function begin(source: Subject<StreamChunk>, producer: RedisClient, client: RedisClient) {
  const published = outcomeOf(source.pipe(startWith(s), publishTo(producer, 'run')));
  await eventually(() => reaches(client, 'run', 1));
  const seenFirst = vi.fn();
  const followed = outcomeOf(subscribeFrom(client, 'run').pipe(tap(seenFirst)));
  await eventually(() => expect(seenFirst).toHaveBeenCalled());
  return { published, followed };
}

describe.skipIf(!hasRedis)('runs whose Redis breaks', { timeout: 20_000 }, () => {
  const { server, open } = useRedis();

  it('lose nothing and double nothing while connections break', async () => {
    const [producer, client, killer] = [open(), open(), open()];
    const words = Array.from({ length: 300 }, (_, index) => `${index} `);
    const source = interval(2).pipe(
      take(words.length),
      map((index): StreamChunk => ({ type: 'text-delta', text: words[index] ?? '', block: 0 })),
      startWith(s),
    );
    const over = new Subject<void>();
    const kill = () => killer.call('CLIENT', ['KILL', 'TYPE', 'normal', 'SKIPME', 'yes']);
    const killed = lastValueFrom(interval(40).pipe(concatMap(kill), takeUntil(over), toArray()));
    const published = lastValueFrom(source.pipe(publishTo(producer, 'run'), toArray()));
    await eventually(() => reaches(client, 'run', 1));

    expect(
      await lastValueFrom(
        subscribeFrom(client, 'run').pipe(
          selectText(),
          toArray(),
          map((all) => all.join('')),
        ),
      ),
    ).toBe(words.join(''));
    await published;
    over.next();
    expect((await killed).filter((count) => Number(count) > 0).length).toBeGreaterThan(1);
  });

  it('end for all when Redis is started anew without them', async () => {
    const source = new Subject<StreamChunk>();
    const [producer, client] = [open(), open()];
    const { published, followed } = await begin(source, producer, client);
    await server.kill();
    await server.start();

    expect((await followed).error).toMatchObject({
      name: 'StreamInterruptedError',
      message: 'Redis has forgotten or lost the run "run"',
    });
    source.next(a);
    source.next(f);
    source.complete();
    const { seen, error } = await published;
    expect(seen).toEqual([s, a, f]);
    expect(error).toMatchObject({ name: 'SinkError', code: 'LOST' });
  });

  it('fail with typed errors when Redis stays away', async () => {
    const source = new Subject<StreamChunk>();
    const impatient = { maxRetriesPerRequest: 1, retryStrategy: () => 20 };
    const [producer, client] = [open(impatient), open(impatient)];
    const { published, followed } = await begin(source, producer, client);
    await server.kill();

    const { error } = await followed;
    source.next(a);
    source.complete();
    const failed = await published;
    const refused = await outcomeOf(of(s).pipe(publishTo(producer, 'other')));
    await server.start();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider: 'redis', retryable: true });
    expect(failed.seen).toEqual([s, a]);
    expect(failed.error).toBeInstanceOf(SinkError);
    expect(refused).toMatchObject({ seen: [], error: { name: 'SinkError' } });
  });
});
