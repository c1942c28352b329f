import { Redis } from 'ioredis';
import { concat, concatMap, defer, delay, from, of, tap, throwError } from 'rxjs';
import { workBatch } from '../../../integrations/bullmq.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import { ProviderError } from '../../../src/errors.ts';
import type { LanguageModel } from '../../../src/model.ts';
import { fakeCapabilities } from '../../../testing/fakeModel.ts';

/** A worker process: `node worker.ts <port> <milliseconds of an answer> <concurrency> <stalledAfter>`. */
const [port = 0, duration = 0, concurrency = 1, stalledAfter = 1_000] = process.argv.slice(2).map(Number);
const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: null });

/** Repeats what it is asked, word by word, and counts in Redis how often it was asked. */
const echo: LanguageModel = {
  provider: 'echo',
  model: 'echo-1',
  capabilities: fakeCapabilities,
  stream: (request) => {
    const prompt = typeof request === 'string' ? request : JSON.stringify(request.messages);
    const words = prompt.split(' ').map((word) => `${word} `);
    const chunks: StreamChunk[] = [
      { type: 'start', provider: 'echo', model: 'echo-1' },
      ...words.map((text): StreamChunk => ({ type: 'text-delta', text, block: 0 })),
      { type: 'finish', reason: 'stop', metadata: {} },
    ];
    const step = duration / chunks.length;
    return concat(
      defer(() => from(client.hincrby('asked', prompt, 1))).pipe(concatMap(() => [])),
      prompt.startsWith('refuse')
        ? throwError(
            () => new ProviderError('refused', { provider: 'echo', retryable: prompt.endsWith('again') }),
          )
        : from(chunks).pipe(concatMap((chunk) => of(chunk).pipe(delay(step)))),
    );
  },
};

const work = workBatch('prompts', echo, { client, concurrency, stalledAfter, maxStalled: 50 })
  .pipe(tap((event) => process.send?.(event)))
  .subscribe();
process.once('SIGTERM', () => {
  work.unsubscribe();
  setTimeout(() => client.disconnect(), 200);
});
process.once('disconnect', () => process.exit());
