import {
  concat,
  defer,
  EMPTY,
  mergeMap,
  Observable,
  type SchedulerLike,
  type Subscriber,
  type Subscription,
} from 'rxjs';
import { longestDelay } from '../../operators/internal/deadline.ts';
import type { BatchInput } from './batchInput.ts';
import { deliverItems, type ItemEvent } from './deliverItems.ts';
import type { Throttle } from './throttle.ts';

/** One item of a batch as it was given, and its number. */
export interface IntakeItem {
  readonly index: number;
  readonly value: unknown;
}

/** What an {@link Intake} obeys. */
export interface IntakeRules {
  readonly throttle: Throttle;
  /** Why no further item may begin, if so. */
  readonly refusal: () => Error | undefined;
  readonly pause: Observable<boolean>;
  readonly scheduler: SchedulerLike;
}

/**
 * Takes items from an input, one for each free place, and lets each go when it may. For one subscription.
 *
 * Not by operators of RxJS: `mergeMap` takes all that an iterable has at once, `repeat` and `expand` recurse, one level
 * of the stack for each item that is answered synchronously.
 */
export class Intake {
  /** Why it has ended before the input did. */
  #failure: { readonly error: unknown } | undefined;
  readonly #input: BatchInput;
  readonly #rules: IntakeRules;
  #subscriber: Subscriber<IntakeItem> | undefined;
  #count = 0;
  /** Taken, but may not begin yet. */
  #next: IntakeItem | undefined;
  #isPaused = false;
  #isPumping = false;
  #timer: Subscription | undefined;

  constructor(input: BatchInput, rules: IntakeRules) {
    this.#input = input;
    this.#rules = rules;
  }

  /** Answers the items and delivers what comes of them; then errors with why there are no more, unless that is their end. */
  answer<T extends ItemEvent>(
    answerItem: (item: IntakeItem) => Observable<T>,
    order: 'completed' | 'given',
  ): Observable<T> {
    return concat(
      new Observable<IntakeItem>((subscriber) => this.#open(subscriber)).pipe(
        mergeMap(answerItem),
        deliverItems(order, () => this.#release()),
      ),
      defer(() => {
        if (this.#failure) throw this.#failure.error;
        return EMPTY;
      }),
    );
  }

  /** Frees the place of an item. */
  #release(): void {
    this.#rules.throttle.running -= 1;
    this.#pump();
  }

  #open(subscriber: Subscriber<IntakeItem>): void {
    this.#subscriber = subscriber;
    subscriber.add(() => this.#timer?.unsubscribe());
    subscriber.add(
      this.#rules.pause.subscribe({
        next: (isPaused) => {
          this.#isPaused = isPaused;
          this.#pump();
        },
        error: (error: unknown) => subscriber.error(error),
      }),
    );
    if (subscriber.closed) return;
    subscriber.add(this.#input.open(() => this.#pump()));
  }

  #pump(): void {
    // Items that are answered synchronously free their places within the loop.
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#advance());
    this.#isPumping = false;
  }

  /** Takes the next item and lets it go, if it may. */
  #advance(): boolean {
    const { throttle, refusal, scheduler } = this.#rules;
    if (!this.#subscriber || this.#subscriber.closed) return false;
    this.#timer?.unsubscribe();
    const item = throttle.hasRoom ? (this.#next ??= this.#take()) : undefined;
    if (!item || this.#isPaused) {
      throttle.rest();
      return false;
    }
    const wait = throttle.wait(scheduler.now());
    if (wait > 0) {
      this.#timer = scheduler.schedule(() => this.#pump(), Math.min(wait, longestDelay));
      return false;
    }
    const error = refusal();
    if (error) {
      this.#end({ error });
      return false;
    }
    this.#next = undefined;
    throttle.running += 1;
    this.#subscriber.next(item);
    return true;
  }

  #take(): IntakeItem | undefined {
    try {
      const result = this.#input.take();
      if (!result?.done) return result && { index: this.#count++, value: result.value };
      this.#end();
    } catch (error) {
      this.#end({ error });
    }
    return undefined;
  }

  /** What has begun goes on. */
  #end(failure?: { readonly error: unknown }): void {
    this.#failure = failure;
    this.#subscriber?.complete();
  }
}
