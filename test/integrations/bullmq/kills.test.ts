import { Queue } from 'bullmq';
import { filter, lastValueFrom, tap, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { queueBatch } from '../../../integrations/bullmq.ts';
import { hasRedis, useRedis } from '../redis/server.ts';
import { Workers } from './workers.ts';

describe.skipIf(!hasRedis)('a batch whose workers are killed', { timeout: 60_000 }, () => {
  const { server, open } = useRedis();
  let workers: Workers | undefined;
  afterEach(() => workers?.end());

  it('tells every answer exactly once', async () => {
    const client = open({ maxRetriesPerRequest: null });
    const queue = new Queue('prompts', { connection: client });
    const killers = (workers = new Workers(
      { port: server.port, duration: 60, concurrency: 10, stalledAfter: 500 },
      3,
    ));
    const prompts = Array.from({ length: 300 }, (_, index) => `one two three four ${index}`);
    const kills: Promise<void>[] = [];
    let ended = 0;
    const texts = new Map<number, string>();
    const ends = await lastValueFrom(
      queueBatch(prompts, queue, { client, name: 'batch' }).pipe(
        tap((told) => {
          if (told.type !== 'item-chunk') return;
          const { index, chunk } = told;
          if (chunk.type === 'start') texts.set(index, '');
          if (chunk.type === 'text-delta') texts.set(index, `${texts.get(index)}${chunk.text}`);
        }),
        filter(({ type }) => type !== 'item-chunk'),
        tap(() => {
          ended += 1;
          if (ended === 60 || ended === 160) kills.push(killers.killOne());
        }),
        toArray(),
      ),
    );
    await Promise.all(kills);
    const asked = Object.values(await client.hgetall('asked')).map(Number);
    await queue.close();

    expect(ends.filter(({ type }) => type !== 'item-finish')).toEqual([]);
    expect(ends.map(({ index }) => index).sort((one, other) => one - other)).toEqual(
      prompts.map((_, index) => index),
    );
    for (const end of ends) {
      expect(end.type === 'item-finish' && end.response.text.trim()).toBe(prompts[end.index]);
      expect(texts.get(end.index)?.trim()).toBe(prompts[end.index]);
    }
    expect(asked).toHaveLength(300);
    // What was under way in those that were killed.
    expect(asked.reduce((one, other) => one + other)).toBeGreaterThan(300);
  });
});
