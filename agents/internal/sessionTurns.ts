import { finalize, Observable } from 'rxjs';

/** Lets one run go at a time, in the order in which they were subscribed to. */
export class SessionTurns {
  /** The first one goes, the others wait. */
  readonly #turns: (() => void)[] = [];

  /** The run, when its turn has come. Unsubscribing gives the turn up. */
  // Not `concatMap`, which knows only its own subscriber: here each run has one of its own, that may leave.
  inTurn<T>(run: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      const begin = () => {
        run.pipe(finalize(() => this.#end())).subscribe(subscriber);
      };
      if (this.#turns.push(begin) === 1) begin();
      else subscriber.add(() => this.#leave(begin));
    });
  }

  #end(): void {
    this.#turns.shift();
    this.#turns[0]?.();
  }

  #leave(begin: () => void): void {
    const index = this.#turns.indexOf(begin);
    if (index > 0) this.#turns.splice(index, 1);
  }
}
