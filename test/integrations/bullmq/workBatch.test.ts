import { concat, lastValueFrom, NEVER, of, tap, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { RunWriter, takeOver } from '../../../integrations/redis/runLog.ts';
import type { BatchChunk } from '../../../models/streamBatch.ts';
import { ProviderError } from '../../../src/errors.ts';
import { chunks } from '../../chunks.ts';
import { outcomeOf } from '../../web/wire.ts';
import { eventually, hasRedis } from '../redis/server.ts';
import { Bench, chunksOf, endsOf, restart } from './bench.ts';

const { s, a, b, f } = chunks;

describe.skipIf(!hasRedis)('workBatch', { timeout: 20_000 }, () => {
  const bench = new Bench();

  it('keeps a pace that all workers share', async () => {
    const moments: number[] = [];
    const answer = () => {
      moments.push(performance.now());
      return of(s, f);
    };
    for (let index = 0; index < 2; index += 1) bench.work(answer, { requestsPerMinute: 600 });
    await bench.toldOf(['one', 'two', 'three', 'four']);

    // Never faster, however slow the machine is.
    expect((moments.at(-1) ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(250);
  });

  it('lets no worker begin an item while the provider asks to wait', async () => {
    const moments: number[] = [];
    const busy = new ProviderError('slow down', { provider: 'test', retryable: true, retryAfter: 300 });
    bench.work(
      () => {
        moments.push(performance.now());
        return moments.length === 1 ? throwError(() => busy) : of(s, f);
      },
      { concurrency: 1 },
    );
    await bench.toldOf(['one', 'two']);

    expect((moments[1] ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(250);
  });

  it('gives its items back when a worker is left', async () => {
    const first = bench.work(() => concat(of(s, a), NEVER));
    const told: BatchChunk[] = [];
    const done = lastValueFrom(bench.batch(['one']).pipe(tap((chunk) => told.push(chunk))));
    await eventually(() => expect(chunksOf(told)).toHaveLength(2));
    bench.work(() => of(s, b, f));
    first.stop();
    await done;

    expect(chunksOf(told)).toMatchObject([s, a, restart, s, b, f]);
    expect(endsOf(told)).toMatchObject([{ response: { text: 'b' } }]);
  });

  it('does not ask again where the worker was killed between the answer and its end', async () => {
    const old = { client: bench.client, id: 'prompts/batch/0', writer: 'old', keepFor: 60_000 };
    await lastValueFrom(takeOver(bench.client, old.id, old.writer, old.keepFor));
    await lastValueFrom(new RunWriter(old).write([s, a, f]));
    bench.work(() => of(s, b, f));
    const told = await bench.toldOf(['one']);

    expect(bench.asked).toEqual([]);
    expect(endsOf(told)).toMatchObject([{ type: 'item-finish', response: { text: 'a' } }]);
  });

  it('refuses what a worker still writes whose item was taken over', async () => {
    const old = { client: bench.client, id: 'prompts/batch/0', writer: 'old', keepFor: 60_000 };
    const writer = new RunWriter(old);
    await lastValueFrom(takeOver(bench.client, old.id, old.writer, old.keepFor));
    await lastValueFrom(takeOver(bench.client, old.id, 'new', old.keepFor));
    await outcomeOf(writer.write([s]));

    expect(writer.failure?.error).toMatchObject({ name: 'SinkError', code: 'CONFLICT' });
  });

  it('tells of problems with the queue, and goes on', async () => {
    await bench.client.set('bull:prompts:wait', 'something else');
    const { events } = bench.work(() => of(s, a, f));
    await eventually(() => expect(events[0]).toMatchObject({ type: 'problem' }));
    await bench.client.del('bull:prompts:wait');

    expect(endsOf(await bench.toldOf(['one']))).toHaveLength(1);
  });

  it.each([
    [{ concurrency: 0 }, 'workBatch: concurrency must be a whole number from 1, not 0'],
    [{ requestsPerMinute: 0 }, 'workBatch: requestsPerMinute must be a number from 5e-324, not 0'],
    [{ stalledAfter: 1 }, 'workBatch: stalledAfter must be a whole number from 100, not 1'],
  ])('refuses a worker with %j', (options, message) => {
    expect(() => bench.work(() => NEVER, options)).toThrow(message);
  });
});
