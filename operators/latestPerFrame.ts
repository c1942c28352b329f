import {
  animationFrameScheduler,
  asyncScheduler,
  ignoreElements,
  type MonoTypeOperatorFunction,
  Observable,
  type SchedulerLike,
  type Subscriber,
  type Subscription,
  tap,
} from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';
import { longestDelay } from './internal/deadline.ts';

/** Options of {@link latestPerFrame}. */
export interface LatestPerFrameOptions {
  /** The clock. @defaultValue animationFrameScheduler in a browser when no time is given, else asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Emits at most one value per animation frame, or every so many milliseconds: the latest.
 *
 * For snapshots, of which the latest tells everything: a text so far, a response, a progress. What is not the latest
 * is dropped, so chunks and deltas do not belong here. The first value comes at once. The last is never lost and never
 * waits for a frame: it comes right before completion or error. So nothing hangs where a browser gives no frames to a
 * hidden tab.
 *
 * Without a time a frame is one of the browser's, and 16 ms where there is no browser.
 *
 * ```text
 * source:  ab-c-----d-e|        snapshots
 * result:  a---c----d--(e|)     latestPerFrame(4)
 * ```
 *
 * Errors with what the source errors with. Unsubscribing drops the value that waits and cancels the frame.
 *
 * @example
 * ```ts
 * model
 *   .stream('Tell me a story')
 *   .pipe(accumulateText(), latestPerFrame())
 *   .subscribe((text) => (element.textContent = text));
 * ```
 *
 * @see {@link bufferChunks} for chunks, of which none may be dropped.
 */
export function latestPerFrame<T>(
  time?: number,
  options: LatestPerFrameOptions = {},
): MonoTypeOperatorFunction<T> {
  checkNumber('latestPerFrame', 'time', time);
  const hasFrames = time === undefined && typeof requestAnimationFrame === 'function';
  const { scheduler = hasFrames ? animationFrameScheduler : asyncScheduler } = options;
  // With a delay, the scheduler of animation frames would use an interval.
  const wait = time ?? (scheduler === animationFrameScheduler ? 0 : 16);

  // RxJS' `throttleTime` drops the last value when the source errors, and delays completion to the end of the frame.
  return (source) =>
    new Observable((subscriber) => {
      const latest = new Latest(subscriber, scheduler, wait);
      const flush = () => latest.flush();

      return source
        .pipe(tap({ next: (value) => latest.take(value), error: flush, complete: flush }), ignoreElements())
        .subscribe(subscriber);
    });
}

/** What waits for the next frame of one subscriber. */
class Latest<T> {
  readonly #subscriber: Subscriber<T>;
  readonly #scheduler: SchedulerLike;
  readonly #wait: number;
  #held: [T] | undefined;
  #frame: Subscription | undefined;

  constructor(subscriber: Subscriber<T>, scheduler: SchedulerLike, wait: number) {
    this.#subscriber = subscriber;
    this.#scheduler = scheduler;
    this.#wait = wait;
  }

  take(value: T): void {
    this.#held = [value];
    if (!this.#frame) this.#show();
  }

  flush(): void {
    if (this.#held) this.#subscriber.next(this.#held[0]);
  }

  /** Emits what is held, and begins a frame if there was something. */
  #show(): void {
    this.#frame?.unsubscribe();
    this.#frame = undefined;
    const held = this.#held;
    if (!held) return;
    this.#held = undefined;
    // First the frame: what is emitted may make the source emit.
    this.#frame = this.#scheduler.schedule(() => this.#show(), Math.min(this.#wait, longestDelay));
    this.#subscriber.add(this.#frame);
    this.#subscriber.next(held[0]);
  }
}
