import {
  catchError,
  concat,
  defer,
  ignoreElements,
  type MonoTypeOperatorFunction,
  NEVER,
  Observable,
  tap,
} from 'rxjs';

/**
 * Lets notifications through one after the other, those of all streams that pass it: what comes while one is being
 * delivered waits until that has reached all who listen.
 *
 * For streams whose reader can act on them from within a delivery: what comes of that would otherwise overtake it.
 */
export class Turnstile {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  // Not `observeOn(queueScheduler)`: all would then wait for one another, and where a queue is at work, for its end.
  pass<T>(): MonoTypeOperatorFunction<T> {
    return (source) =>
      new Observable((subscriber) => {
        const take = (value: T) => {
          if (this.#isTaken) {
            this.#waiting.push(() => subscriber.next(value));
            return;
          }
          this.#isTaken = true;
          subscriber.next(value);
          this.#release();
        };
        const end = (deliver: () => void) => {
          this.#end(deliver);
          return NEVER;
        };

        return concat(
          source.pipe(tap(take), ignoreElements()),
          defer(() => end(() => subscriber.complete())),
        )
          .pipe(catchError((error: unknown) => end(() => subscriber.error(error))))
          .subscribe(subscriber);
      });
  }

  #end(deliver: () => void): void {
    this.#waiting.push(deliver);
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.#release();
  }

  #release(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next();
    this.#isTaken = false;
  }
}
