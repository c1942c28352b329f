import { Observable, type SchedulerLike, type Subscription } from 'rxjs';

/** 24.8 days, in milliseconds. Timers of JavaScript fire at once when their delay is longer. */
export const longestDelay = 2 ** 31 - 1;

/** A moment that moves, and tells when it has passed. For one subscription to `passed`. */
export interface Deadline {
  /** Emits when the moment has passed; what arrives in that very moment is still in time. */
  readonly passed: Observable<void>;
  /** Sets another moment, in the scheduler's time; `Infinity` for none. */
  readonly move: (at: number) => void;
}

/**
 * Makes a deadline.
 *
 * Moving it later costs an assignment: the timer under way looks again when it fires. Only a move to an earlier
 * moment makes a new timer.
 */
export function createDeadline(scheduler: SchedulerLike, firstAt: number): Deadline {
  let at = firstAt;
  let timerAt = Infinity;
  let timer: Subscription | undefined;
  let look: ((isLast: boolean) => void) | undefined;

  /** Never below 0, of which Node warns: the clock may have moved on. */
  const delayUntil = (moment: number) => Math.min(Math.max(0, moment - scheduler.now()), longestDelay);

  const schedule = (moment: number, isLast = false) => {
    timer?.unsubscribe();
    timerAt = moment;
    if (moment === Infinity || !look) return;
    timer = scheduler.schedule(() => look?.(isLast), delayUntil(moment));
  };

  return {
    passed: new Observable((subscriber) => {
      look = (isLast) => {
        const now = scheduler.now();
        if (at > now) schedule(at);
        // After a blocked event loop timers fire before what has long arrived is read: give it its turn.
        else if (!isLast) schedule(now, true);
        else subscriber.next();
      };
      schedule(at);
      return () => {
        look = undefined;
        timer?.unsubscribe();
      };
    }),
    move: (next) => {
      at = next;
      if (next < timerAt) schedule(next);
    },
  };
}
