import { parseArgs } from 'node:util';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { finalize, interval, lastValueFrom, scan, tap } from 'rxjs';
import { queueBatch } from '../../../integrations/bullmq.ts';
import { RedisServer } from '../redis/server.ts';
import { Workers } from './workers.ts';

/**
 * A batch over worker processes of which one is killed every few seconds, and what became of it:
 * `node test/integrations/bullmq/run.ts --items 10000 --workers 3 --kill 10`; `--kill 0` kills none.
 */
const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '10000' },
    workers: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '20' },
    duration: { type: 'string', default: '200' },
    kill: { type: 'string', default: '10' },
  },
});
const [items, count, concurrency, duration, kill] = [
  values.items,
  values.workers,
  values.concurrency,
  values.duration,
  values.kill,
].map(Number) as [number, number, number, number, number];

const server = new RedisServer();
await server.start();
const client = new Redis({ port: server.port, host: '127.0.0.1', maxRetriesPerRequest: null });
const queue = new Queue('prompts', { connection: client });
const workers = new Workers({ port: server.port, duration, concurrency, stalledAfter: 2_000 }, count);
const prompts = (function* () {
  for (let index = 0; index < items; index += 1) yield `one two three four five six seven eight ${index}`;
})();

const killing = kill > 0 ? interval(kill * 1_000).subscribe(() => void workers.killOne()) : undefined;
const began = performance.now();
const told = { ends: new Map<number, number>(), wrong: 0, failed: 0, restarts: 0, chunks: 0 };
let peak = 0;

await lastValueFrom(
  queueBatch(prompts, queue, { client, name: 'run', concurrency: 2 * count * concurrency }).pipe(
    tap((chunk) => {
      if (chunk.type === 'item-chunk') {
        told.chunks += 1;
        if (chunk.chunk.type === 'restart') told.restarts += 1;
        return;
      }
      told.ends.set(chunk.index, (told.ends.get(chunk.index) ?? 0) + 1);
      if (chunk.type === 'item-error') told.failed += 1;
      else if (!chunk.response.text.trim().endsWith(` eight ${chunk.index}`)) told.wrong += 1;
      else if (chunk.response.text.split('one two').length !== 2) told.wrong += 1;
      if (told.ends.size % 1_000 === 0) {
        peak = Math.max(peak, process.memoryUsage().heapUsed);
        console.error(
          `${told.ends.size} items, ${Math.round((performance.now() - began) / 1_000)} s, ${workers.killed} killed`,
        );
      }
    }),
    scan((last) => last, 0),
    finalize(() => killing?.unsubscribe()),
  ),
);

const seconds = (performance.now() - began) / 1_000;
const asked = Object.values(await client.hgetall('asked')).map(Number);
const redisMemory = /used_memory_peak_human:(\S+)/.exec(await client.info('memory'))?.[1];
console.log({
  items,
  workers: count,
  killed: workers.killed,
  lost: items - told.ends.size,
  toldTwice: [...told.ends.values()].filter((times) => times > 1).length,
  wrong: told.wrong,
  failed: told.failed,
  askedTwice: asked.filter((times) => times > 1).length,
  restarts: told.restarts,
  seconds: Math.round(seconds),
  itemsPerSecond: Math.round(items / seconds),
  chunksPerSecond: Math.round(told.chunks / seconds),
  redisMemory,
  heapMegabytes: Math.round(peak / 1e6),
});
await workers.end();
await queue.close();
client.disconnect();
await server.end();
