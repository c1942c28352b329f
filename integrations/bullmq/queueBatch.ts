import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  connect,
  defer,
  exhaustMap,
  filter,
  ignoreElements,
  interval,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  pairwise,
  tap,
  throwError,
} from 'rxjs';
import { longestDelay } from '../../operators/internal/deadline.ts';
import { createInput, toKeyed } from '../../models/internal/batchInput.ts';
import { Intake, type IntakeItem } from '../../models/internal/intake.ts';
import { Throttle } from '../../models/internal/throttle.ts';
import type { BatchChunk, BatchItems } from '../../models/streamBatch.ts';
import { collectResponse } from '../../operators/collectResponse.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import { isRxllmError, ProviderError, SinkError, toErrorFacts } from '../../src/errors.ts';
import { type RedisClient, send, sendLast, toWriteError } from '../redis/client.ts';
import { followEntries } from '../redis/logReader.ts';
import { cancelScript, keysOf } from '../redis/runLog.ts';
import { readChunks } from '../redis/subscribeFrom.ts';
import { type ItemJob, runOf } from './itemJob.ts';

/** What is needed of a queue: the `Queue` of `bullmq` has it. */
export interface BatchQueue {
  readonly name: string;
  add(name: string, data: ItemJob, options: object): Promise<unknown>;
  getJobState(id: string): Promise<string>;
  remove(id: string): Promise<unknown>;
}

/** Options of {@link queueBatch}. */
export interface QueueBatchOptions {
  /** By which chunks come back: a client of the same Redis as the queue. */
  readonly client: RedisClient;
  /** Name of the batch. A batch of the same name goes on where one was left: items by their key, or else their number. */
  readonly name: string;
  /** Most items in the queue at a time; more than all workers answer at once. @defaultValue 100 */
  readonly concurrency?: number;
  /** How often an item is tried whose model fails with what may be retried. @defaultValue 3 */
  readonly attempts?: number;
  /** Milliseconds before the second attempt; each later wait doubles. @defaultValue 1000 */
  readonly delay?: number;
  /** Most items of an Observable that wait for a place; what can be iterated need not wait. @defaultValue 1000 */
  readonly buffer?: number;
  /** Milliseconds that answers are kept, so that another run of the batch need not ask again. @defaultValue 86400000 */
  readonly keepFor?: number;
}

/** Milliseconds between two looks at what became of a job. */
const lookEvery = 2_000;

/** States of a job in which no worker will write any more. */
const lastStates = ['completed', 'failed', 'unknown'];

/**
 * Asks many requests of the model of other programs, the workers: {@link streamBatch} over any number of machines.
 *
 * Each item is a job of the queue; a worker, see {@link workBatch}, answers it, and its chunks come back through Redis as
 * they are written, marked with whose they are. Items are taken one for each free place, so memory depends on
 * `concurrency`, here and in Redis.
 *
 * An item is answered at least once and told exactly once: when a worker is killed, another one takes its items over, a
 * `restart` says that what was told of the answer is void, and what the old one may still write is refused. An answer that
 * is complete is not asked for again, neither by another worker nor by another run of a batch of the same name. What
 * fails for good is an `item-error`, and its job stays in the queue as failed: `queue.getFailed()` are the dead letters,
 * whose reason is the error; one that is retried, by `job.retry()`, is asked again, and its answer told by the next run of the
 * batch. `queue.pause()` lets no further item begin on any machine.
 *
 * ```text
 * one:     -a--|
 * two:     --b--xrb---|        x: its worker is killed, r: restart
 * result:  -abA--rb---(B|)     queueBatch([one, two], queue, { client, name }); A B: their ends
 * ```
 *
 * Errors with {@link ProviderError} or {@link SinkError} where Redis cannot be used for longer than the client tries, with
 * {@link GuardError} of the code `buffer` where an Observable is too fast, and with what `requests` errors with; what the
 * workers have then is not lost, since the batch can be run again. Unsubscribing cancels: jobs that wait are removed, and
 * answers under way stopped and forgotten.
 *
 * @example
 * ```ts
 * const client = new Redis({ maxRetriesPerRequest: null });
 * const queue = new Queue('prompts', { connection: client });
 *
 * queueBatch(prompts, queue, { client, name: 'nightly-2027-01-31' }).subscribe((chunk) => {
 *   if (chunk.type === 'item-finish') console.log(chunk.index, chunk.response.text);
 *   if (chunk.type === 'item-error') console.error(chunk.index, chunk.error.message);
 * });
 * ```
 *
 * @see {@link streamBatch} for one process.
 */
export function queueBatch(
  requests: BatchItems,
  queue: BatchQueue,
  options: QueueBatchOptions,
): Observable<BatchChunk> {
  const { concurrency = 100, attempts = 3, delay = 1_000, buffer = 1_000, keepFor = 86_400_000 } = options;
  checkNumber('queueBatch', 'concurrency', concurrency, { min: 1, integer: true });
  checkNumber('queueBatch', 'attempts', attempts, { min: 1, integer: true });
  checkNumber('queueBatch', 'delay', delay);
  checkNumber('queueBatch', 'buffer', buffer, { integer: true });
  checkNumber('queueBatch', 'keepFor', keepFor, { min: 1_000, max: longestDelay, integer: true });
  const openInput = createInput(requests, buffer);
  const kept = { age: Math.ceil(keepFor / 1_000) };
  const jobOptions = {
    attempts,
    backoff: { type: 'exponential', delay },
    removeOnComplete: kept,
    removeOnFail: kept,
  };

  return defer(() => {
    const throttle = new Throttle({ concurrency, requestsPerMinute: Infinity, tokensPerMinute: Infinity });
    const refusal = () => undefined;
    const intake = new Intake(openInput(), { throttle, refusal, pause: NEVER, scheduler: asyncScheduler });

    return intake.answer((item) => answerItem(item, queue, { ...options, keepFor }, jobOptions), 'completed');
  });
}

/** The chunks of one item and its end, however it ends. */
function answerItem(
  { index, value }: IntakeItem,
  queue: BatchQueue,
  { client, name, keepFor }: QueueBatchOptions & { readonly keepFor: number },
  jobOptions: object,
): Observable<BatchChunk> {
  const { key, request } = toKeyed(value);
  const item = { index, ...(key !== undefined && { key }) };
  const jobId = `${name}/${key ?? index}`.replaceAll(':', '%3A');
  const [state, chunks] = keysOf(runOf(queue.name, jobId));

  const cancel = () => {
    sendLast(client, 'EVAL', [cancelScript, 1, state, keepFor]);
    // One that is being answered cannot be removed, but stopped; its worker removes it then.
    queue.remove(jobId).catch(() => undefined);
  };

  return concat(
    // What an earlier run of the batch has cancelled.
    send(client, 'HDEL', [state, 'stop'], toWriteError).pipe(ignoreElements()),
    ask(() => queue.add('item', { request, keepFor }, { ...jobOptions, jobId })).pipe(ignoreElements()),
    merge(followEntries(client, chunks), watchJob(queue, jobId)).pipe(
      readChunks(),
      connect((told) =>
        merge(
          told.pipe(map((chunk): BatchChunk => ({ type: 'item-chunk', ...item, chunk }))),
          told.pipe(
            collectResponse(),
            map((response): BatchChunk => ({ type: 'item-finish', ...item, response })),
          ),
        ),
      ),
      catchError((error: unknown) => {
        // What Redis or this library fails with is not the item's affair.
        if (!isRxllmError(error) || error.provider === 'redis') throw error;
        return of<BatchChunk>({ type: 'item-error', ...item, error: error.toJSON() });
      }),
    ),
  ).pipe(tap({ unsubscribe: cancel }));
}

/** Errors when a job is over and nothing more is told of it: what is told comes first. Never emits or completes. */
function watchJob(queue: BatchQueue, jobId: string): Observable<never> {
  return interval(lookEvery).pipe(
    exhaustMap(() => ask(() => queue.getJobState(jobId))),
    pairwise(),
    filter((states) => states.every((state) => lastStates.includes(state))),
    concatMap(([, state]) =>
      throwError(
        () =>
          new ProviderError(`The answer of the item "${jobId}" is not there any more; its job is ${state}`, {
            provider: queue.name,
            code: state,
            retryable: true,
          }),
      ),
    ),
  );
}

/** Asks the queue. */
function ask<T>(question: () => Promise<T>): Observable<T> {
  return defer(question).pipe(
    catchError((cause: unknown) =>
      throwError(
        () => new SinkError(`The queue failed: ${toErrorFacts(cause).message}`, { provider: 'redis', cause }),
      ),
    ),
  );
}
