import { Redis } from 'ioredis';
import {
  concatMap,
  from,
  interval,
  lastValueFrom,
  map,
  merge,
  startWith,
  take,
  tap,
  timer,
  toArray,
} from 'rxjs';
import { publishTo, redisSessionStore, subscribeFrom } from '../../../integrations/redis.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { recordsOf } from '../../agents/stores.ts';
import { RedisServer } from './server.ts';

/** What Redis costs: `node test/integrations/redis/measure.ts`, printed as a table. */
const server = new RedisServer();
await server.start();
const open = () => new Redis({ port: server.port, host: '127.0.0.1' });
const [producer, client, another] = [open(), open(), open()];
const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const delta = (text: string): StreamChunk => ({ type: 'text-delta', text, block: 0 });
const figures: Record<string, string> = {};
const median = (all: readonly number[]) =>
  [...all].sort((one, other) => one - other)[Math.floor(all.length / 2)] ?? 0;
const highest = (all: readonly number[]) =>
  [...all].sort((one, other) => one - other)[Math.floor(all.length * 0.99)] ?? 0;

/** From the moment that a chunk is published until it is followed, over two connections; 50 deltas a second. */
async function measureDelay(id: string, followers: number): Promise<readonly number[]> {
  const source = interval(20).pipe(
    take(200),
    map(() => delta(`${performance.now()} `)),
    startWith(start),
  );
  const delays: number[] = [];
  const follow = (reader: Redis) =>
    timer(100).pipe(
      concatMap(() => subscribeFrom(reader, id)),
      tap((chunk) => {
        if (chunk.type !== 'text-delta') return;
        delays.push(performance.now() - Number(chunk.text.trim().split(' ').at(-1)));
      }),
    );
  const all = Array.from({ length: followers }, (_, index) => follow(index % 2 ? client : another));
  await lastValueFrom(merge(source.pipe(publishTo(producer, id)), ...all).pipe(toArray()));
  return delays.slice(20 * followers);
}

/** A million characters as fast as they come: what the end waits for, and how many entries they are. */
async function measureBurst(): Promise<void> {
  const deltas = Array.from({ length: 200_000 }, () => delta('word '));
  const began = performance.now();
  await lastValueFrom(from([start, ...deltas]).pipe(publishTo(producer, 'burst')));
  const entries = await client.xlen('rxllm:run:{burst}:chunks');
  figures['200,000 deltas at once, written'] =
    `${Math.round(performance.now() - began)} ms, ${entries} entries`;
}

/** Many answers at a time, at 50 deltas a second each. */
async function measureMany(count: number): Promise<void> {
  const source = interval(20).pipe(
    take(100),
    map(() => delta('word ')),
    startWith(start),
  );
  const before = process.cpuUsage();
  const began = performance.now();
  const runs = Array.from({ length: count }, (_, index) => source.pipe(publishTo(producer, `many-${index}`)));
  await lastValueFrom(merge(...runs).pipe(toArray()));
  const { user, system } = process.cpuUsage(before);
  figures[`${count} answers at a time, 50 deltas a second each, for 2 s`] =
    `${Math.round(performance.now() - began)} ms, processor of the producer ${Math.round((user + system) / 1_000)} ms`;
}

async function measureSessions(): Promise<void> {
  const store = redisSessionStore(client);
  const began = performance.now();
  for (let index = 0; index < 1_000; index += 1) {
    await lastValueFrom(from(store.append('chat', recordsOf(['Hello']), index * 2)));
  }
  figures['append of a session'] = `${((performance.now() - began) / 1_000).toFixed(2)} ms`;
}

for (const followers of [1, 100, 1_000]) {
  const delays = await measureDelay(`delay-${followers}`, followers);
  figures[`delay of a delta, ${followers} followers`] =
    `median ${median(delays).toFixed(1)} ms, 99 % ${highest(delays).toFixed(1)} ms`;
}
await measureBurst();
await measureMany(200);
await measureSessions();
console.table(figures);
for (const each of [producer, client, another]) each.disconnect();
await server.end();
