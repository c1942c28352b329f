import type * as Bullmq from 'bullmq';
import type { Job, WorkerOptions } from 'bullmq';
import { defer, firstValueFrom, mergeMap, Observable, race, ReplaySubject } from 'rxjs';
import { lazyClient } from '../../providers/wire/sdk.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import type { ErrorFacts } from '../../src/chunk.ts';
import { toErrorFacts } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { RedisClient } from '../redis/client.ts';
import { type ItemWork, workItem, type WorkOutcome } from './workItem.ts';
import type { ItemJob } from './itemJob.ts';

/** Options of {@link workBatch}. */
export interface WorkBatchOptions {
  /** By which jobs come and chunks go. BullMQ demands `maxRetriesPerRequest: null` of it. */
  readonly client: RedisClient;
  /** Most items that this worker answers at a time. @defaultValue 10 */
  readonly concurrency?: number;
  /**
   * Most requests that all workers together make in any minute, spread evenly over it; each has to be told the same.
   *
   * @defaultValue no limit but what the provider refuses
   */
  readonly requestsPerMinute?: number;
  /**
   * Milliseconds without a sign of life after which a worker is taken for dead, and its items go to others.
   *
   * @defaultValue 30000
   */
  readonly stalledAfter?: number;
  /** How often an item may lose its worker before it is taken for what kills them, and is given up. @defaultValue 5 */
  readonly maxStalled?: number;
}

/** What a worker tells of its work: plain JSON. */
export type WorkEvent =
  /** An item has been answered, cancelled, has failed for good, or will be tried again. */
  | { readonly type: 'item'; readonly id: string; readonly outcome: WorkOutcome }
  | {
      readonly type: 'item';
      readonly id: string;
      readonly outcome: 'failed' | 'retried';
      readonly error: ErrorFacts;
    }
  /** The queue cannot be used just now; the worker goes on trying. */
  | { readonly type: 'problem'; readonly error: ErrorFacts };

/**
 * Answers the items that {@link queueBatch} gives to a queue, as one of any number of workers.
 *
 * Chunks go back through Redis as they come. Retries, time limits and fallbacks within an answer are the model's, by
 * {@link pipeModel}; where it fails all the same with what may be retried, the item goes back to the queue, for the
 * attempts that `queueBatch` allows. When the provider asks to wait, by `Retry-After`, no worker begins an item as long.
 *
 * The items of a worker that is killed go to others after `stalledAfter`. One that has lost the connection for so long
 * may still be answering what another has taken over; Redis then refuses its chunks, and within half a second its request
 * is aborted. The model is to answer in one call: of one that runs tools, what came before a second `start` cannot be
 * taken back.
 *
 * Never completes. Errors with {@link MissingPackageError} where `bullmq` is not installed. Unsubscribing aborts the
 * requests, gives their items back to the queue at once, and leaves the client open.
 *
 * @example
 * ```ts
 * const client = new Redis({ maxRetriesPerRequest: null });
 * const model = pipeModel(openai('gpt-5-mini'), withTimeout({ each: 30_000 }), retryStream());
 * const work = workBatch('prompts', model, { client, concurrency: 50 }).subscribe(console.log);
 * process.once('SIGTERM', () => work.unsubscribe());
 * ```
 */
export function workBatch(
  queueName: string,
  model: LanguageModel,
  options: WorkBatchOptions,
): Observable<WorkEvent> {
  const { concurrency = 10, requestsPerMinute, stalledAfter = 30_000, maxStalled = 5 } = options;
  checkNumber('workBatch', 'concurrency', concurrency, { min: 1, integer: true });
  checkNumber('workBatch', 'requestsPerMinute', requestsPerMinute, { min: Number.MIN_VALUE });
  checkNumber('workBatch', 'stalledAfter', stalledAfter, { min: 100, integer: true });
  checkNumber('workBatch', 'maxStalled', maxStalled, { integer: true });
  const load = lazyClient(
    'bullmq',
    undefined,
    () => import('bullmq'),
    (sdk) => sdk,
  );
  const workerOptions: WorkerOptions = {
    connection: options.client,
    concurrency,
    lockDuration: stalledAfter,
    stalledInterval: stalledAfter,
    maxStalledCount: maxStalled,
    limiter: toLimiter(requestsPerMinute),
  };
  return defer(load).pipe(mergeMap((sdk) => runWorker(sdk, workerOptions, { queueName, model, ...options })));
}

/** Runs a worker as long as it is subscribed to. Its events come by callbacks, so that no composition has its subscriber. */
function runWorker(
  { Worker, Queue, UnrecoverableError, WaitingError }: typeof Bullmq,
  workerOptions: WorkerOptions,
  item: Omit<ItemWork, 'giveUp'>,
): Observable<WorkEvent> {
  const work = { ...item, giveUp: (message: string) => new UnrecoverableError(message) };

  return new Observable((subscriber) => {
    // A worker that closes may still take the next item: it is to give that one back, too.
    const left = new ReplaySubject<'left'>(1);
    const queue = new Queue(item.queueName, { connection: workerOptions.connection });
    const tell = (event: WorkEvent) => subscriber.next(event);
    const onError = (error: Error) => tell({ type: 'problem', error: toErrorFacts(error) });

    const answer = async (job: Job<ItemJob>, token?: string) => {
      const rest = (milliseconds: number) => queue.rateLimit(milliseconds);
      const outcome = await firstValueFrom(race(left, workItem(job, work, rest)), {
        defaultValue: 'left' as const,
      });
      if (outcome !== 'left') return outcome;
      await job.moveToWait(token);
      throw new WaitingError();
    };
    const worker = new Worker<ItemJob, WorkOutcome>(item.queueName, answer, workerOptions)
      .on('completed', (job, outcome) => {
        // The cancelled item of a batch is asked again when the batch is.
        if (outcome === 'cancelled') job.remove().catch(onError);
        tell({ type: 'item', id: String(job.id), outcome });
      })
      .on('failed', (job, error) => {
        const outcome = job?.finishedOn === undefined ? 'retried' : 'failed';
        tell({ type: 'item', id: String(job?.id), outcome, error: toErrorFacts(error) });
      })
      .on('error', onError);
    queue.on('error', onError);

    return () => {
      left.next('left');
      Promise.all([worker.close(), queue.close()]).catch(() => undefined);
    };
  });
}

/**
 * A pace as BullMQ has it: so many within a time of at least a tenth of a second. Without any, it would not let a provider
 * hold all workers either.
 */
function toLimiter(requestsPerMinute = 1e12): { max: number; duration: number } {
  const max = Math.max(1, Math.floor(requestsPerMinute / 600));
  return { max, duration: Math.ceil((max * 60_000) / requestsPerMinute) };
}
