import { Redis } from 'ioredis';
import { interval, map, startWith } from 'rxjs';
import { publishTo } from '../../../integrations/redis.ts';
import type { StreamChunk } from '../../../src/chunk.ts';

/** A server of its own, which produces an answer without end until it is stopped. */
const client = new Redis(Number(process.argv[2]), '127.0.0.1');

interval(10)
  .pipe(
    map((index): StreamChunk => ({ type: 'text-delta', text: `${index} `, block: 0 })),
    startWith<StreamChunk>({ type: 'start', provider: 'test', model: 'test-1' }),
    publishTo(client, 'run'),
  )
  .subscribe({ complete: () => client.disconnect() });
