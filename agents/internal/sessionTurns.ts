import { finalize, Observable, queueScheduler } from 'rxjs';
import { keepContext } from './asyncContext.ts';

/** Lets one run go at a time, in the order in which they were subscribed to. */
export class SessionTurns {
  readonly #waiting = new Set<() => void>();
  #isTaken = false;

  /** The run, when its turn has come. Unsubscribing gives the turn up. */
  // Not `concatMap`, which knows only its own subscriber: here each run has one of its own, that may leave.
  inTurn<T>(run: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      // Not in the context of the run before, whose end begins this one.
      const inContext = keepContext();
      const begin = () => inContext(() => run.pipe(finalize(() => this.#end())).subscribe(subscriber));
      this.#waiting.add(begin);
      subscriber.add(() => this.#waiting.delete(begin));
      this.#beginNext();
    });
  }

  #end(): void {
    this.#isTaken = false;
    // By a queue: runs that end at once would otherwise stand one within the other, until the stack is full.
    queueScheduler.schedule(() => this.#beginNext());
  }

  #beginNext(): void {
    const [begin] = this.#waiting;
    if (this.#isTaken || !begin) return;
    this.#waiting.delete(begin);
    this.#isTaken = true;
    begin();
  }
}
