import {
  BehaviorSubject,
  concat,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  type Observable,
  take,
  throwError,
} from 'rxjs';
import { SinkError } from '../../src/errors.ts';
import type { SessionRecord, SessionStore } from './sessionRecords.ts';

/**
 * Writes records to a store beside the stream that they tell of, in their order and one write at a time.
 *
 * What comes while a write is under way makes up the next one, so a slow store gets fewer and larger writes. What could
 * not be written is kept and tried again with the next records, or by `flush`.
 */
export class SessionWriter {
  readonly #id: string;
  readonly #store: SessionStore;
  readonly #isIdle = new BehaviorSubject(true);
  #records: SessionRecord[] = [];
  #error: unknown;
  /** How many records the log has. */
  #length = 0;

  constructor(id: string, store: SessionStore) {
    this.#id = id;
    this.#store = store;
  }

  /** Begins behind so many records. */
  begin(length: number): void {
    this.#records = [];
    this.#error = undefined;
    this.#length = length;
  }

  add(record: SessionRecord): void {
    this.#records.push(record);
    this.#write();
  }

  /** Completes unless the session was continued elsewhere, as far as is known. */
  verify(): Observable<never> {
    return defer(() => (this.#isLost ? throwError(() => this.#error as Error) : EMPTY));
  }

  /** Completes when everything is in the store, errors when it could not be written. */
  flush(): Observable<never> {
    const tryAgain = defer(() => {
      this.#write();
      return this.settle();
    });
    const check = defer(() => (this.#records.length > 0 ? throwError(() => this.#error as Error) : EMPTY));
    return concat(this.settle(), tryAgain, check);
  }

  /** Completes when nothing is being written. */
  settle(): Observable<never> {
    return this.#isIdle.pipe(filter(Boolean), take(1), ignoreElements());
  }

  /** Whether somebody else has continued the log: nothing more is to be added then. */
  get #isLost(): boolean {
    return this.#error instanceof SinkError && this.#error.code === 'CONFLICT';
  }

  #write(): void {
    if (this.#isLost || !this.#isIdle.value || this.#records.length === 0) return;
    this.#isIdle.next(false);
    this.#writeNext();
  }

  #writeNext(): void {
    const records = this.#records;
    this.#records = [];
    // Subscribed to here, since it goes on when nobody listens to the run any more.
    // eslint-disable-next-line rxjs-x/no-ignored-subscription -- it ends by itself
    defer(() => this.#store.append(this.#id, records, this.#length)).subscribe({
      error: (error: unknown) => {
        this.#error = error;
        this.#records = [...records, ...this.#records];
        this.#isIdle.next(true);
      },
      complete: () => {
        this.#length += records.length;
        if (this.#records.length > 0) this.#writeNext();
        else this.#isIdle.next(true);
      },
    });
  }
}
