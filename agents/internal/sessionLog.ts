import {
  BehaviorSubject,
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  type MonoTypeOperatorFunction,
  type Observable,
  ReplaySubject,
  type SchedulerLike,
  share,
  tap,
} from 'rxjs';
import type { ErrorDetails } from '../../src/errors.ts';
import type { SessionHistory } from './sessionContract.ts';
import { History } from './sessionHistory.ts';
import {
  type SessionEntry,
  type SessionEvent,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from './sessionRecords.ts';
import { SessionWriter } from './sessionWriter.ts';
import { toStoreError } from './storeErrors.ts';

/** With what a log begins. */
interface Beginning {
  readonly title?: string;
  readonly forkedFrom?: string;
}

/** A session's log, in the store and as the history that it amounts to. */
export class SessionLog {
  readonly #id: string;
  readonly #store: SessionStore;
  readonly #scheduler: SchedulerLike;
  readonly #beginning: Beginning;
  readonly #writer: SessionWriter;
  readonly #told = new BehaviorSubject<SessionHistory>({ messages: [] });
  #history = new History();
  /** Undefined while nothing is in the log. */
  #entry: SessionEntry | undefined;
  /** Reads the log, once; completes when it is read. */
  readonly load: Observable<never>;

  constructor(id: string, store: SessionStore, scheduler: SchedulerLike, beginning: Beginning) {
    this.#id = id;
    this.#store = store;
    this.#scheduler = scheduler;
    this.#beginning = beginning;
    this.#writer = new SessionWriter(id, store);
    this.load = this.#read().pipe(
      share({ connector: () => new ReplaySubject<never>(1), resetOnComplete: false }),
    );
  }

  get history(): History {
    return this.#history;
  }

  /** The history now and whenever it changes. */
  get told(): Observable<SessionHistory> {
    return concat(this.load, this.#told);
  }

  /** How the session stands in lists. */
  get entry(): SessionEntry {
    return this.#entry ?? toSessionEntry(this.#id, []);
  }

  /** Writes what the log begins with, where it is empty. */
  begin(): void {
    if (!this.#entry) this.#write({ type: 'session', version: 1, ...this.#beginning });
  }

  add(event: SessionEvent): void {
    this.begin();
    this.#write(event);
    if (event.type !== 'pieces') this.#tell();
  }

  /** Errors where the session was continued elsewhere, as far as is known. */
  verify(): Observable<never> {
    return this.#writer.verify().pipe(this.#asStored());
  }

  /** Completes when everything is in the store; the details are for the error. */
  flush(details?: () => ErrorDetails): Observable<never> {
    return this.#writer.flush().pipe(this.#asStored(details));
  }

  /** Reads nothing: what cannot be read can be deleted. */
  delete(): Observable<never> {
    return concat(
      this.#writer.settle(),
      defer(() => this.#store.delete(this.#id)).pipe(
        ignoreElements(),
        tap({ complete: () => this.#take([]) }),
        catchError((error: unknown) => {
          throw toStoreError(`The session "${this.#id}" could not be deleted`, error);
        }),
      ),
    );
  }

  #read(): Observable<never> {
    return defer(() => {
      const before = this.#history;
      const records: SessionRecord[] = [];
      return concat(
        defer(() => this.#store.read(this.#id)).pipe(
          tap((part) => records.push(...part)),
          ignoreElements(),
        ),
        defer(() => {
          // Another one where the session was deleted meanwhile.
          if (this.#history === before) this.#take(records);
          return EMPTY;
        }),
      );
    }).pipe(
      catchError((error: unknown) => {
        throw toStoreError(`The session "${this.#id}" could not be read`, error);
      }),
    );
  }

  #asStored(details?: () => ErrorDetails): MonoTypeOperatorFunction<never> {
    return catchError((error: unknown) => {
      throw toStoreError(`The session "${this.#id}" could not be stored`, error, details?.());
    });
  }

  #take(records: readonly SessionRecord[]): void {
    const history = new History();
    for (const record of records) history.take(record);
    history.recover();
    this.#history = history;
    this.#entry = records.length > 0 ? toSessionEntry(this.#id, records) : undefined;
    this.#writer.begin(records.length);
    this.#tell();
  }

  #write(event: SessionEvent): void {
    this.#history.take(event);
    const { length: messageCount } = this.#history.messages;
    const record: SessionRecord = { at: this.#scheduler.now(), messageCount, ...event };
    this.#entry = toSessionEntry(this.#id, [record], this.#entry);
    this.#writer.add(record);
  }

  #tell(): void {
    const { title, messages, waiting } = this.#history;
    this.#told.next({ ...(title !== undefined && { title }), messages, ...(waiting && { waiting }) });
  }
}
