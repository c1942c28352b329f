import { LLMock } from '@copilotkit/aimock';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import type { Subscription } from 'rxjs';
import { queueBatch, workBatch } from 'rxllm/integrations/bullmq';
import { pipeModel } from 'rxllm/models';
import { retryStream, withTimeout } from 'rxllm/operators';
import { openai } from 'rxllm/providers/openai';
import { describe, expect, it, vi } from 'vitest';
import { hasRedis, useRedis } from '../../../integrations/redis/server.ts';

const prompts = ['Why do marbles roll?', 'And why are they round?'];
const ends: (() => unknown)[] = [];

function startWorker(url: string): Subscription {
  // worker.ts, as many of it as you like, on as many machines
  const client = new Redis(url, { maxRetriesPerRequest: null });
  const model = pipeModel(openai('gpt-5-mini'), withTimeout({ each: 30_000 }), retryStream());
  const work = workBatch('prompts', model, { client, concurrency: 50, requestsPerMinute: 5_000 }).subscribe(
    console.log,
  );
  process.once('SIGTERM', () => work.unsubscribe());

  ends.push(() => client.disconnect());
  return work;
}

function ask(url: string, save: (index: number, text: string) => void): void {
  // The one that has the prompts.
  const client = new Redis(url, { maxRetriesPerRequest: null });
  const queue = new Queue('prompts', { connection: client });

  queueBatch(prompts, queue, { client, name: 'nightly', concurrency: 1_000 }).subscribe((told) => {
    if (told.type === 'item-finish') save(told.index, told.response.text);
  });

  ends.push(
    () => queue.close(),
    () => client.disconnect(),
  );
}

describe.skipIf(!hasRedis)('many workers', () => {
  const { server } = useRedis();

  it('answer the prompts of one', { timeout: 20_000 }, async () => {
    const mock = new LLMock({ port: 0 }).on({ userMessage: /./ }, { content: 'Round.' });
    vi.stubEnv('OPENAI_BASE_URL', `${await mock.start()}/v1`);
    vi.stubEnv('OPENAI_API_KEY', 'key');
    vi.spyOn(console, 'log').mockReturnValue();
    const url = `redis://127.0.0.1:${server.port}`;
    const texts: string[] = [];
    const work = startWorker(url);
    ask(url, (index, text) => (texts[index] = text));

    await vi.waitFor(() => expect(texts).toEqual(['Round.', 'Round.']), { timeout: 15_000 });
    work.unsubscribe();
    for (const end of ends) await end();
    vi.unstubAllEnvs();
    await mock.stop();
  });
});
