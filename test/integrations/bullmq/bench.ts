import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { defer, lastValueFrom, type Observable, toArray } from 'rxjs';
import { afterEach, beforeEach } from 'vitest';
import {
  queueBatch,
  type WorkEvent,
  workBatch,
  type WorkBatchOptions,
} from '../../../integrations/bullmq.ts';
import type { BatchChunk, BatchItems } from '../../../models/streamBatch.ts';
import type { StreamChunk } from '../../../src/chunk.ts';
import type { LanguageModel } from '../../../src/model.ts';
import { fakeCapabilities } from '../../../testing/fakeModel.ts';
import { useRedis } from '../redis/server.ts';

/** The ends of items. */
export const endsOf = (told: readonly BatchChunk[]): BatchChunk[] =>
  told.filter(({ type }) => type !== 'item-chunk');

/** The chunks of one item. */
export const chunksOf = (told: readonly BatchChunk[], index = 0): StreamChunk[] =>
  told.flatMap((one) => (one.type === 'item-chunk' && one.index === index ? [one.chunk] : []));

/** What a worker that takes over tells before it answers. */
export const restart = {
  type: 'restart',
  delayMs: 0,
  error: { name: 'StreamInterruptedError', retryable: true },
};

/** A queue, batches by it and workers on it, for each test of a file. */
export class Bench {
  readonly #open = useRedis().open;
  readonly #stops: (() => void)[] = [];
  #client: Redis | undefined;
  #queue: Queue | undefined;
  /** The requests that were made, by every worker. */
  asked: unknown[] = [];

  constructor() {
    beforeEach(() => {
      this.#client = this.#open({ maxRetriesPerRequest: null });
      this.#queue = new Queue('prompts', { connection: this.#client });
      this.asked = [];
    });
    afterEach(async () => {
      for (const stop of this.#stops.splice(0)) stop();
      await this.#queue?.close();
    });
  }

  get client(): Redis {
    if (!this.#client) throw new Error('There is a client only within a test');
    return this.#client;
  }

  get queue(): Queue {
    if (!this.#queue) throw new Error('There is a queue only within a test');
    return this.#queue;
  }

  /** Lets a worker answer with this, and collects what it tells. */
  work(
    answer: (request: unknown) => Observable<StreamChunk>,
    options: Partial<WorkBatchOptions> = {},
  ): { readonly events: WorkEvent[]; readonly stop: () => void } {
    const model: LanguageModel = {
      provider: 'test',
      model: 'test-1',
      capabilities: fakeCapabilities,
      stream: (request) =>
        defer(() => {
          this.asked.push(request);
          return answer(request);
        }),
    };
    const events: WorkEvent[] = [];
    const working = workBatch('prompts', model, { client: this.client, ...options }).subscribe((event) =>
      events.push(event),
    );
    const stop = () => working.unsubscribe();
    this.#stops.push(stop);
    return { events, stop };
  }

  batch(items: BatchItems, options: object = {}): Observable<BatchChunk> {
    return queueBatch(items, this.queue, { client: this.client, name: 'batch', delay: 1, ...options });
  }

  toldOf(items: BatchItems, options: object = {}): Promise<BatchChunk[]> {
    return lastValueFrom(this.batch(items, options).pipe(toArray()));
  }
}
