import {
  asyncScheduler,
  catchError,
  connect,
  defer,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  type SchedulerLike,
} from 'rxjs';
import { type CollectedResponse, collectResponse } from '../operators/collectResponse.ts';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { ErrorChunk, StreamChunk } from '../src/chunk.ts';
import { checkPrice, type Price } from '../src/cost.ts';
import { isRxllmError, toErrorFacts } from '../src/errors.ts';
import type { LanguageModel } from '../src/model.ts';
import type { ModelRequest } from '../src/request.ts';
import { createInput, toKeyed } from './internal/batchInput.ts';
import { Intake, type IntakeItem } from './internal/intake.ts';
import { type Account, type BatchBudget, Ledger } from './internal/ledger.ts';
import { Throttle } from './internal/throttle.ts';

export type { BatchBudget } from './internal/ledger.ts';

/** A name by which an item is found again, be it in another run of the same batch. */
export type BatchKey = string | number;

/** One item of a batch: what to ask, with a key or without. */
export type BatchItem =
  ModelRequest | string | { readonly key?: BatchKey; readonly request: ModelRequest | string };

/** Many items: all at once, or one after the other, even without end. */
export type BatchItems = Iterable<BatchItem> | AsyncIterable<BatchItem> | Observable<BatchItem>;

/** Whose chunk or end this is. */
interface OfItem {
  /** Number of the item in the order in which they were given, from 0. */
  readonly index: number;
  /** The item's own key. */
  readonly key?: BatchKey;
}

/** What the model says to one item of a batch. */
export interface BatchItemChunk extends OfItem {
  readonly type: 'item-chunk';
  readonly chunk: StreamChunk;
}

/** An item has been answered. */
export interface BatchItemFinish extends OfItem {
  readonly type: 'item-finish';
  readonly response: CollectedResponse;
  /** Of all its calls, voided attempts included; only with `price`. */
  readonly cost?: number;
}

/** An item has failed; the others go on. */
export interface BatchItemError extends OfItem {
  readonly type: 'item-error';
  /** The error as plain JSON, with what had come; `errorFromFacts` makes an error of it. */
  readonly error: ErrorChunk['error'];
  readonly cost?: number;
}

/** One element of {@link streamBatch}: plain JSON, told apart by `type`. */
export type BatchChunk = BatchItemChunk | BatchItemFinish | BatchItemError;

/** Options of {@link streamBatch}. */
export interface StreamBatchOptions {
  /** Most items under way at a time. @defaultValue 10 */
  readonly concurrency?: number;
  /** Most requests in any minute, spread evenly over it. @defaultValue no limit but what the provider refuses */
  readonly requestsPerMinute?: number;
  /** Most tokens in a minute, input and output, spread evenly. @defaultValue no limit but what the provider refuses */
  readonly tokensPerMinute?: number;
  /**
   * Whether chunks are delivered as they come, so that items end as they are completed, or item by item as they were
   * given. An answer that is early is then held, and its place is taken until it has been delivered.
   *
   * @defaultValue 'completed'
   */
  readonly order?: 'completed' | 'given';
  /** Most items of an Observable that wait for a place; what can be iterated need not wait. @defaultValue 1000 */
  readonly buffer?: number;
  /** What all items together may use. @defaultValue no limit */
  readonly budget?: BatchBudget;
  /** What the model's tokens cost: adds `cost` to the ends of items; needed for a budget of cost. */
  readonly price?: Price;
  /** While its latest value is true no item begins; those under way go on. @defaultValue never */
  readonly pause?: Observable<boolean>;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Asks a model many requests: each is a stream of its own, and their chunks come as one, marked with whose they are.
 *
 * What can be iterated is pulled, one item for each free place, so that it may be without end: memory depends on
 * `concurrency` and never on how many there are. An Observable cannot be pulled; its items are queued, up to `buffer`.
 * Retries, time limits and fallbacks are the model's, by {@link pipeModel}. An item that fails is an `item-error`, and
 * the others go on.
 *
 * Limits of a minute are kept by spacing: 60 requests a minute are one a second, never 60 at once, since that is how
 * providers count; what was not used is lost. The tokens of an item are estimated before its request: those of the
 * input by its length, and as many more as the items before it have needed (before the first has ended, `maxTokens`
 * where the request has it). When it ends, what was used takes the place of the estimate. A `restart` counts as a
 * further request.
 *
 * What the provider refuses is learned from: no item begins as long as its `Retry-After` asks; for each request that
 * it refuses one less runs at a time, for ten items that are answered one more. This is told by errors and by
 * `restart`; limits in the headers of answers that go well are not seen here.
 *
 * ```text
 * one:     s----a-f-|
 * two:     s-----b-------------f-|         s: start, a b c: text, f: finish
 * three:            s----c-f-|             A B C: item-finish, A.index: 0, B.index: 1, C.index: 2
 * result:  (ss)-abf-(As)-c-f-C-f-(B|)      streamBatch([one, two, three], model, { concurrency: 2 })
 * ```
 *
 * A budget lets what is under way go on: it refuses the next item. Errors then with {@link GuardError}, `code` being
 * `tokens` or `cost`; with `buffer` where an Observable is too fast; and with what `requests` errors with. Each time
 * the items that have begun are answered first. Errors at once with what `pause` errors with. Unsubscribing aborts all
 * requests and closes the iterator, by its `return`.
 *
 * @example
 * ```ts
 * const model = pipeModel(openai('gpt-5-mini'), withTimeout({ each: 30_000 }), retryStream());
 * streamBatch(prompts, model, { concurrency: 50, requestsPerMinute: 5_000 }).subscribe((chunk) => {
 *   if (chunk.type === 'item-finish') console.log(chunk.index, chunk.response.text);
 *   if (chunk.type === 'item-error') console.error(chunk.index, chunk.error.message);
 * });
 * ```
 *
 * @see {@link pipeModel} to retry, to time out, and to limit what one item costs.
 */
export function streamBatch(
  requests: BatchItems,
  model: LanguageModel,
  options: StreamBatchOptions = {},
): Observable<BatchChunk> {
  const { concurrency = 10, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = options;
  const { order = 'completed', buffer = 1000, budget = {}, price, pause = NEVER } = options;
  const { scheduler = asyncScheduler } = options;
  checkNumber('streamBatch', 'concurrency', concurrency, { min: 1, integer: true });
  checkNumber('streamBatch', 'requestsPerMinute', requestsPerMinute, { min: Number.MIN_VALUE });
  checkNumber('streamBatch', 'tokensPerMinute', tokensPerMinute, { min: Number.MIN_VALUE });
  checkNumber('streamBatch', 'buffer', buffer, { integer: true });
  checkNumber('streamBatch', 'budget.tokens', budget.tokens);
  checkNumber('streamBatch', 'budget.cost', budget.cost);
  checkPrice('streamBatch', price);
  checkOneOf('streamBatch', 'order', order, ['completed', 'given']);
  if (budget.cost !== undefined && !price) throw new TypeError('streamBatch: budget.cost needs price');
  const openInput = createInput(requests, buffer);

  return defer(() => {
    const throttle = new Throttle({ concurrency, requestsPerMinute, tokensPerMinute });
    const ledger = new Ledger({ throttle, budget, price, scheduler });
    const refusal = () => ledger.refusal;
    const intake = new Intake(openInput(), { throttle, refusal, pause, scheduler });
    return intake.answer((item) => answerItem(item, { model, ledger, price, scheduler }), order);
  });
}

/** What answering an item takes. */
interface Answering {
  readonly model: LanguageModel;
  readonly ledger: Ledger;
  readonly price: Price | undefined;
  readonly scheduler: SchedulerLike;
}

/** The chunks of one item and its end, however it ends. */
function answerItem({ index, value }: IntakeItem, answering: Answering): Observable<BatchChunk> {
  const { model, ledger, price, scheduler } = answering;
  const { key, request } = toKeyed(value);
  const item: OfItem = { index, ...(key !== undefined && { key }) };
  let account: Account | undefined;

  const close = (hasFailed: boolean) => {
    if (!account) return {};
    ledger.close(account, hasFailed);
    return price && { cost: account.used.cost };
  };

  return defer(() => {
    const own = (account = ledger.open(request));
    return model.stream(request).pipe(map((chunk) => own.take(chunk)));
  }).pipe(
    connect((chunks) =>
      merge(
        chunks.pipe(map((chunk): BatchChunk => ({ type: 'item-chunk', ...item, chunk }))),
        chunks.pipe(
          collectResponse({ scheduler }),
          map((response): BatchChunk => ({ type: 'item-finish', ...item, response, ...close(false) })),
        ),
      ),
    ),
    catchError((thrown: unknown) => {
      account?.fail(thrown);
      const error = isRxllmError(thrown) ? thrown.toJSON() : toErrorFacts(thrown);
      return of<BatchChunk>({ type: 'item-error', ...item, error, ...close(true) });
    }),
  );
}
