import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';

/** Options of {@link retryBudget}. */
export interface RetryBudgetOptions {
  /** How many retries all streams together may make within `per`. */
  readonly count: number;
  /** Milliseconds. @defaultValue 60000 */
  readonly per?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** A number of retries that several streams share, see {@link retryBudget}. */
export interface RetryBudget {
  /** Takes one retry; false where none is left. */
  take(): boolean;
}

/**
 * Makes a budget of retries for {@link retryStream}, so that many streams together do not storm a service that is down.
 *
 * The budget refills evenly: after `per / count` milliseconds there is one more, never more than `count`.
 *
 * @example
 * ```ts
 * const budget = retryBudget({ count: 10, per: 60_000 });
 * const model = pipeModel(openai('gpt-5-mini'), retryStream({ budget }));
 * ```
 */
export function retryBudget(options: RetryBudgetOptions): RetryBudget {
  const { count, per = 60_000, scheduler = asyncScheduler } = options;
  checkNumber('retryBudget', 'count', count, { min: 1 });
  checkNumber('retryBudget', 'per', per, { min: 1 });
  let left = count;
  let seenAt = scheduler.now();

  return {
    take() {
      const now = scheduler.now();
      left = Math.min(count, left + ((now - seenAt) * count) / per);
      seenAt = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
