import {
  asyncScheduler,
  catchError,
  concat,
  defer,
  from,
  map,
  mergeMap,
  type MonoTypeOperatorFunction,
  type Observable,
  type ObservableInput,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { RestartChunk, StreamChunk } from '../src/chunk.ts';
import {
  emptyPartial,
  errorFromFacts,
  isRxllmError,
  type ProviderError,
  toErrorFacts,
} from '../src/errors.ts';
import type { PartialResponse } from '../src/message.ts';
import type { Usage } from '../src/usage.ts';
import { ContinuedCall } from './internal/continuedCall.ts';
import { longestDelay } from './internal/deadline.ts';
import { holdCalls } from './internal/holdCalls.ts';
import type { RetryBudget } from './retryBudget.ts';

/** Options of {@link retryStream}. */
export interface RetryStreamOptions {
  /** How many times to try again before giving up. @defaultValue 2 */
  readonly count?: number;
  /** Milliseconds before the first retry; each later wait doubles. @defaultValue 500 */
  readonly delay?: number;
  /** Most milliseconds to wait; a provider that asks for more is not retried. @defaultValue 30000 */
  readonly maxDelay?: number;
  /** Milliseconds from subscription within which the last retry must begin. @defaultValue no limit */
  readonly within?: number;
  /** Whether an error is worth another attempt. @defaultValue its `retryable` */
  readonly retryIf?: (error: unknown) => boolean;
  /**
   * What to do when the reader has already seen some of the answer.
   *
   * - `restart`: void it with a `restart` chunk; accumulators drop it.
   * - `continue`: keep it and go on with what `continueWith` returns.
   * - `hold`: deliver nothing of a call before it has finished, so that nothing need be voided; a
   *   `restart` comes only to tell what a failed attempt had used.
   * - `fail`: do not retry.
   *
   * @defaultValue 'restart'
   */
  readonly afterOutput?: 'restart' | 'continue' | 'hold' | 'fail';
  /** The rest of the answer, for `continue`: a request that has the partial as the beginning of the answer. */
  readonly continueWith?: (partial: PartialResponse, error: unknown) => ObservableInput<StreamChunk>;
  /** What to do when a tool of the attempt ran: its effects cannot be taken back. @defaultValue 'fail' */
  readonly afterTools?: 'fail' | 'repeat';
  /** A number of retries shared with other streams, see {@link retryBudget}. */
  readonly budget?: RetryBudget;
  /** Called at each failure that is retried, whatever `afterOutput` delivers of it. */
  readonly onRetry?: (restart: RestartChunk) => void;
  /** Chooses within the jitter, from 0 to below 1. @defaultValue Math.random */
  readonly random?: () => number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Subscribes again to a stream that failed, without ever doubling the text.
 *
 * A reader that has seen the opening of the answer would see it twice. So a `restart` chunk tells, at the moment of
 * failure and before the wait, that everything since the latest `start` is void: every accumulator of this library
 * obeys it. Thrown errors, `error` chunks, timeouts and dropped connections are treated alike. `Retry-After` is
 * honoured; else the wait doubles each time, half of it at random.
 *
 * ```text
 * 1st try:  s-a-#
 * 2nd try:       s-a-b-f|           s: start, a b: text, f: finish
 * result:   s-a-rs-a-b-f|           retryStream({ delay: 1 }), r: restart
 * ```
 *
 * Errors with the last error of the source, unchanged, once `count`, `within` or `budget` is spent, the error is not
 * worth a retry, output forbids it (`fail`), a tool ran or a call had finished; after `hold` and `continue` with the partial that the
 * subscriber saw. Unsubscribing cancels the attempt or the wait under way.
 *
 * @example
 * ```ts
 * const model = pipeModel(openai('gpt-5-mini'), withTimeout({ first: 20_000, each: 10_000 }), retryStream());
 * ```
 *
 * @see {@link withTimeout} to make a silent stream fail, and so be retried.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ for the formula, "equal jitter".
 */
export function retryStream(options: RetryStreamOptions = {}): MonoTypeOperatorFunction<StreamChunk> {
  const {
    count = 2,
    delay = 500,
    maxDelay = 30_000,
    within,
    afterOutput = 'restart',
    afterTools = 'fail',
  } = options;
  const { retryIf = isWorthRetrying, continueWith, budget, onRetry, random = Math.random } = options;
  const { scheduler = asyncScheduler } = options;
  checkNumber('retryStream', 'count', count, { integer: true });
  checkNumber('retryStream', 'delay', delay);
  checkNumber('retryStream', 'maxDelay', maxDelay);
  checkNumber('retryStream', 'within', within);
  checkOneOf('retryStream', 'afterOutput', afterOutput, ['restart', 'continue', 'hold', 'fail']);
  checkOneOf('retryStream', 'afterTools', afterTools, ['fail', 'repeat']);
  if (afterOutput === 'continue' && !continueWith) {
    throw new TypeError("retryStream: 'continue' needs continueWith");
  }

  const backOff = (retries: number): number => {
    const longest = Math.min(maxDelay, delay * 2 ** (retries - 1));
    return Math.round(longest / 2 + (longest / 2) * random());
  };

  return (source) =>
    defer(() => {
      const until = within === undefined ? Infinity : scheduler.now() + within;
      const continued = afterOutput === 'continue' ? new ContinuedCall() : undefined;

      const attempt = (number: number, origin: ObservableInput<StreamChunk>): Observable<StreamChunk> => {
        const seen = new Seen();
        const watched = from(origin).pipe(map((chunk) => seen.take(chunk)));
        const delivered = continued
          ? watched.pipe(continued.deliver())
          : afterOutput === 'hold'
            ? watched.pipe(holdCalls())
            : watched;

        return delivered.pipe(
          catchError((error: unknown) => {
            const wait = waitAsked(error, scheduler) ?? backOff(number);
            const isOver =
              number > count ||
              seen.finished ||
              (afterOutput === 'fail' && seen.content) ||
              (afterTools === 'fail' && seen.tool) ||
              !retryIf(error) ||
              wait > maxDelay ||
              scheduler.now() + wait > until ||
              budget?.take() === false;
            if (isOver) throw asSeen(error, seen);
            const restart: RestartChunk = {
              type: 'restart',
              attempt: number + 1,
              maxAttempts: count + 1,
              delayMs: wait,
              error: toErrorFacts(error),
              ...(seen.usage && { usage: { ...seen.usage, partial: true } }),
            };
            onRetry?.(restart);
            const rest = continued?.hasContent ? continueWith?.(continued.partial, error) : undefined;
            const isUntold = rest ?? (afterOutput === 'hold' && !seen.usage);
            const told = [...(continued?.pause() ?? []), ...(isUntold ? [] : [restart])];
            const pause = timer(Math.min(wait, longestDelay), scheduler);

            return concat(told, pause.pipe(mergeMap(() => attempt(number + 1, rest ?? source))));
          }),
        );
      };

      const asSeen = (error: unknown, { isOpen }: Seen): unknown =>
        isRxllmError(error) && (continued ?? (afterOutput === 'hold' && isOpen))
          ? error.withPartial(() => continued?.partial ?? emptyPartial)
          : error;

      return attempt(1, source);
    });
}

/** What of an attempt has passed. */
class Seen {
  content = false;
  tool = false;
  finished = false;
  isOpen = false;
  usage: Usage | undefined;

  take(chunk: StreamChunk): StreamChunk {
    switch (chunk.type) {
      case 'start':
        this.usage = undefined;
        this.isOpen = true;
        break;
      case 'usage':
        this.usage = chunk.usage;
        break;
      case 'finish':
        this.finished = true;
        this.isOpen = false;
        break;
      case 'approval-request':
      case 'tool-progress':
        this.tool = true;
        break;
      case 'tool-result':
        this.tool ||= chunk.providerExecuted !== true;
        break;
      case 'error':
        throw errorFromFacts(chunk.error);
      default:
        this.content ||= 'block' in chunk;
    }
    return chunk;
  }
}

function isWorthRetrying(error: unknown): boolean {
  return isRxllmError(error) && error.retryable;
}

/** Milliseconds that the provider asks to wait. */
function waitAsked(error: unknown, scheduler: SchedulerLike): number | undefined {
  const { retryAfter, retryAt } = (isRxllmError(error) ? error : {}) as Partial<ProviderError>;
  return retryAfter ?? (retryAt && Math.max(0, retryAt - scheduler.now()));
}
