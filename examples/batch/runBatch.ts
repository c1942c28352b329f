import { appendFile, rm } from 'node:fs/promises';
import {
  concatMap,
  connect,
  filter,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  type MonoTypeOperatorFunction,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import type { LanguageModel, Price, Schema, StreamChunk } from 'rxllm';
import { type BatchItemError, type BatchItemFinish, pipeModel, streamBatch } from 'rxllm/models';
import { accumulateObject, retryStream, withTimeout } from 'rxllm/operators';
import { countItems, readItems } from './items.ts';
import { showProgress } from './progress.ts';
import { openResults, type Results } from './results.ts';

/** What to ask whom, and how fast. */
export interface Job {
  readonly input: string;
  readonly output: string;
  readonly model: LanguageModel;
  readonly concurrency: number;
  readonly rpm?: number | undefined;
  readonly tpm?: number | undefined;
  readonly schema?: Schema | undefined;
  readonly price: Price;
  /** Stops the requests; what has been answered by then is still written. */
  readonly signal: AbortSignal;
}

/** How far it came. */
export interface Outcome {
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  /** In the currency of the price, earlier runs included. */
  readonly cost: number;
  /** Where the failures stand. */
  readonly failures: string;
  /** The error that every other item would have met, too. */
  readonly hopeless?: string | undefined;
}

/** Asks what has no result yet. An item is done when its line has reached the disk. */
export async function runBatch(job: Job): Promise<Outcome> {
  const results = await openResults(job.output);
  try {
    return await askRest(job, results);
  } finally {
    await results.close();
  }
}

async function askRest(job: Job, results: Results): Promise<Outcome> {
  const { input, schema, concurrency, rpm = Infinity, tpm = Infinity, price } = job;
  const { total, left } = await countItems(input, results.done);
  const failures = `${job.output}.failed`;
  await rm(failures, { force: true });

  const progress = { done: total - left, failed: 0, cost: results.cost };
  const bar = showProgress(total, { ...progress });
  let hopeless: string | undefined;

  const ends = streamBatch(readItems(input, results.done, schema), steady(job.model, schema), {
    concurrency,
    requestsPerMinute: rpm,
    tokensPerMinute: tpm,
    price,
  }).pipe(
    filter((chunk) => chunk.type !== 'item-chunk'),
    takeWhile((end) => {
      if (end.type === 'item-error' && isHopeless(end)) hopeless = end.error.message;
      return hopeless === undefined;
    }),
    tap(({ cost = 0 }) => (progress.cost += cost)),
    takeUntil(fromEvent(job.signal, 'abort')),
  );

  const write = connect((each: typeof ends) =>
    merge(
      each.pipe(
        filter((end) => end.type === 'item-finish'),
        map((end) => toLine(end, schema !== undefined)),
        results.append,
        tap((count) => (progress.done += count)),
      ),
      each.pipe(
        filter((end) => end.type === 'item-error'),
        concatMap(async ({ key: id, error: { partial: _, ...error } }) => {
          await appendFile(failures, `${JSON.stringify({ id, error })}\n`);
          progress.failed += 1;
        }),
      ),
    ).pipe(tap(() => bar.show(progress))),
  );

  try {
    await lastValueFrom(ends.pipe(write, ignoreElements()), { defaultValue: undefined });
  } finally {
    bar.stop();
  }
  return { ...progress, total, failures, hopeless };
}

/** A model that gives up on silence, and tries again, also where an answer does not fit. */
function steady(model: LanguageModel, schema: Schema | undefined): LanguageModel {
  return pipeModel(
    model,
    withTimeout({ first: 120_000, each: 60_000 }),
    ...(schema ? [fitting(schema)] : []),
    retryStream({ count: 5, delay: 1000, maxDelay: 60_000 }),
  );
}

/** Fails an answer that does not fit the schema, before its `finish` has passed. */
function fitting(schema: Schema): MonoTypeOperatorFunction<StreamChunk> {
  return connect((chunks) => merge(chunks.pipe(accumulateObject(schema), ignoreElements()), chunks));
}

function toLine({ key: id, response, cost }: BatchItemFinish, isStructured: boolean): string {
  const { text, usage } = response;
  return JSON.stringify({
    id,
    ...(isStructured ? { value: JSON.parse(text) as unknown } : { text }),
    usage,
    cost,
  });
}

/** A wrong key, no right to the model, no such model, no money left. */
function isHopeless({ error: { status = 0, code } }: BatchItemError): boolean {
  return [401, 402, 403, 404].includes(status) || code === 'insufficient_quota';
}
