import { concat, from, lastValueFrom, NEVER, of, Subject, take, tap, timer, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { redisReplayStore } from '../../../integrations/redis.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { InvalidRequestError } from '../../../src/errors.ts';
import { memoryReplayStore, replayLog, type ReplayStore } from '../../../web/index.ts';
import { chunks } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis, useRedis } from './server.ts';

const { s, a, b, f } = chunks;

describe.skipIf(!hasRedis)('stores of replayLog', { timeout: 20_000 }, () => {
  const { open } = useRedis();
  const stores: readonly (readonly [name: string, make: () => ReplayStore])[] = [
    ['memoryReplayStore', memoryReplayStore],
    ['redisReplayStore', () => redisReplayStore(open())],
  ];
  const append = (store: ReplayStore, value: unknown, log = 'log') =>
    lastValueFrom(from(store.append(log, value)));
  const read = (store: ReplayStore, log = 'log') => lastValueFrom(from(store.read(log)));

  describe.each(stores)('%s', (_, make) => {
    it('reads what was added, in order, and each with an id', async () => {
      const store = make();
      const ids = [
        await append(store, { one: 'Grüße\n👍' }),
        await append(store, 'two'),
        await append(store, null),
      ];

      expect(await read(store)).toEqual([
        { id: ids[0], value: { one: 'Grüße\n👍' } },
        { id: ids[1], value: 'two' },
        { id: ids[2], value: null },
      ]);
    });

    it('has no entries of a log that there is not', async () => {
      expect(await read(make())).toEqual([]);
    });

    it('keeps logs apart', async () => {
      const store = make();
      await append(store, 1, 'one');
      await append(store, 2, 'other');

      expect((await read(store, 'other')).map(({ value }) => value)).toEqual([2]);
    });

    it('follows what there is, then what comes, behind any entry', async () => {
      const store = make();
      const id = await append(store, 1);
      await append(store, 2);
      const values: unknown[] = [];
      const later = lastValueFrom(store.follow('log', id).pipe(take(3), toArray()));
      await lastValueFrom(
        store.follow('log').pipe(
          take(4),
          tap(({ value }) => values.push(value)),
          tap(({ value }) => {
            if (value === 2) void append(store, 3).then(() => append(store, 4));
          }),
        ),
      );

      expect(values).toEqual([1, 2, 3, 4]);
      expect((await later).map(({ value }) => value)).toEqual([2, 3, 4]);
    });

    it('follows a log that is yet to begin', async () => {
      const store = make();
      const followed = lastValueFrom(store.follow('log').pipe(take(1)));
      await append(store, 'first');

      expect((await followed).value).toBe('first');
    });

    it.each(['7', '-1', '1.5', 'x'])('fails where there is no entry %j', async (after) => {
      const store = make();
      await append(store, 1);

      expect((await outcomeOf(store.follow('log', after))).error).toEqual(
        new InvalidRequestError(`There is no entry "${after}" in this log`),
      );
    });

    it('forgets a log, and begins it anew', async () => {
      const store = make();
      await append(store, 1);
      store.remove('log');
      store.remove('nothing');
      await append(store, 2);

      expect((await read(store)).map(({ value }) => value)).toEqual([2]);
    });
  });

  describe('redisReplayStore among several servers', () => {
    it('has in one what was added by another', async () => {
      const [one, other] = [redisReplayStore(open()), redisReplayStore(open())];
      const followed = lastValueFrom(other.follow('log').pipe(take(2), toArray()));
      await append(one, 1);
      await append(other, 2);

      expect((await followed).map(({ value }) => value)).toEqual([1, 2]);
      expect(await read(one)).toEqual(await read(other));
    });

    it('writes once what is sent again', async () => {
      const client = open();
      const store = redisReplayStore({
        call: async (command, args) => {
          await client.call(command, args);
          return client.call(command, args);
        },
        duplicate: () => client.duplicate(),
        disconnect: () => undefined,
        on: () => undefined,
      });

      expect([await append(store, 1), await append(store, 2)]).toEqual(['1', '2']);
      expect(await read(store)).toHaveLength(2);
    });

    it('lets a run be followed, resumed and stopped from any of them', async () => {
      const [one, other] = [open(), open()].map((client) => replayLog({ store: redisReplayStore(client) }));
      if (!one || !other) throw new Error('There are two');
      const source = new Subject<StreamChunk>();
      const recorded = outcomeOf(one.record('run', concat(of(s, a), source)));
      const [, seen] = await eventually(() => lastValueFrom(other.follow('run').pipe(take(2), toArray())));
      const rest = outcomeOf(other.follow('run', { after: seen?.eventId }));
      const again = outcomeOf(other.record('run', NEVER));
      await lastValueFrom(timer(0));
      source.next(b);
      await lastValueFrom(one.follow('run').pipe(take(3)));

      expect(await lastValueFrom(other.stop('run'))).toBe(true);
      const aborted = { type: 'finish', reason: 'aborted', metadata: {}, eventId: '4' };
      expect((await rest).seen).toEqual([{ ...b, eventId: '3' }, aborted]);
      expect((await recorded).seen).toHaveLength(4);
      expect((await again).seen).toEqual((await recorded).seen);
    });

    it('leaves nothing behind when a run is forgotten', async () => {
      const client = open();
      const log = replayLog({ store: redisReplayStore(client), keepFor: 0 });
      await lastValueFrom(log.record('run', of(s, f)));

      await eventually(async () => expect(await client.call('KEYS', ['*'])).toEqual([]));
    });

    it('forgets logs that nobody removes', async () => {
      const client = open();
      await append(redisReplayStore(client, { keepFor: 5 }), 1);

      await eventually(async () => expect(await client.call('KEYS', ['*'])).toEqual([]));
    });

    it('refuses a time that is none', () => {
      expect(() => redisReplayStore(open(), { keepFor: 0 })).toThrow(
        'redisReplayStore: keepFor must be a whole number from 1 to 2147483647, not 0',
      );
    });
  });
});
