import { describe, expect, it } from 'vitest';
import type { SchedulerLike } from 'rxjs';
import { retryBudget } from '../../operators/retryBudget.ts';

/** A clock that shows what it is set to, far from zero as real ones do. */
function clock(at: number): { now: number; scheduler: SchedulerLike } {
  const state = { now: at };
  const scheduler = { now: () => state.now } as SchedulerLike;
  return Object.assign(state, { scheduler });
}

describe('retryBudget', () => {
  it('gives back evenly, wherever the clock stands', () => {
    const time = clock(1_000_000);
    const budget = retryBudget({ count: 2, per: 1_000, scheduler: time.scheduler });
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);

    time.now += 499;
    expect(budget.take()).toBe(false);
    time.now += 1;
    expect([budget.take(), budget.take()]).toEqual([true, false]);
    time.now += 60_000;
    expect([budget.take(), budget.take(), budget.take()]).toEqual([true, true, false]);
  });

  it('throws at the call for a time of nothing', () => {
    expect(() => retryBudget({ count: 1, per: 0 })).toThrow(
      'retryBudget: per must be a number from 1, not 0',
    );
  });
});
