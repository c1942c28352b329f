import { Observable, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';

/** Timers of JavaScript fire at once when their delay is longer. */
const longestDelay = 2 ** 31 - 1;

/**
 * A moment that moves, and tells when it has passed. For one subscription to `passed`.
 *
 * Moving it later costs an assignment: the timer under way looks again when it fires. Only a move to an earlier
 * moment makes a new timer.
 */
export class Deadline {
  readonly #scheduler: SchedulerLike;
  #at: number;
  #timer: Subscription | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #subscriber: Subscriber<void> | undefined;

  constructor(scheduler: SchedulerLike, at: number) {
    this.#scheduler = scheduler;
    this.#at = at;
  }

  /** Emits when the moment has passed; what arrives in that very moment is still in time. */
  readonly passed = new Observable<void>((subscriber) => {
    this.#subscriber = subscriber;
    this.#schedule(this.#at);

    return () => {
      this.#subscriber = undefined;
      this.#timer?.unsubscribe();
    };
  });

  /** Sets another moment, in the scheduler's time; `Infinity` for none. */
  move(at: number): void {
    this.#at = at;
    if (at < this.#timerAt) this.#schedule(at);
  }

  #schedule(at: number, isLast = false): void {
    this.#timer?.unsubscribe();
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY || !this.#subscriber) return;
    const delay = Math.min(at - this.#scheduler.now(), longestDelay);
    this.#timer = this.#scheduler.schedule(() => {
      this.#look(isLast);
    }, delay);
  }

  #look(isLast: boolean): void {
    const now = this.#scheduler.now();
    if (this.#at > now) this.#schedule(this.#at);
    // After a blocked event loop timers fire before what has long arrived is read: give it its turn.
    else if (!isLast) this.#schedule(now, true);
    else this.#subscriber?.next();
  }
}
