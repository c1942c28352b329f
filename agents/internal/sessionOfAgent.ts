import {
  asyncScheduler,
  catchError,
  concat,
  connect,
  defer,
  EMPTY,
  filter,
  finalize,
  from,
  ignoreElements,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { toStop } from '../../operators/internal/stopNotifier.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { Message, UserMessage } from '../../src/message.ts';
import { toRequest } from '../../src/request.ts';
import type { RunState } from '../../src/runState.ts';
import { collectRun, type RunResult } from '../collectRun.ts';
import type { Agent, ApprovalDecisions, RunOptions } from '../contract.ts';
import { memoryStore } from '../memoryStore.ts';
import { listenTo } from './listenTo.ts';
import type { ForkOptions, Session, SessionHistory, SessionSettings } from './sessionContract.ts';
import { checkMessages } from './sessionHistory.ts';
import { SessionLog } from './sessionLog.ts';
import { SessionRecorder } from './sessionRecorder.ts';
import type { SessionEntry, SessionListOptions, SessionMessage, SessionStore } from './sessionRecords.ts';
import { SessionTurns } from './sessionTurns.ts';
import { toStoreError } from './storeErrors.ts';

/** A conversation with an agent. */
export class AgentSession<Context, Output> implements Session<Context, Output> {
  readonly id: string;
  readonly #agent: Agent<Context, Output>;
  readonly #settings: SessionSettings;
  readonly #store: SessionStore;
  readonly #scheduler: SchedulerLike;
  readonly #log: SessionLog;
  readonly #turns = new SessionTurns();
  /** Of the runs that go or wait for their turn. */
  readonly #stops = new Set<AbortController>();
  #result: RunResult<Output> | undefined;

  constructor(agent: Agent<Context, Output>, settings: SessionSettings, forkedFrom?: string) {
    const { id = newId(), store = memoryStore(), title } = settings;
    const { scheduler = agent.options.scheduler ?? asyncScheduler } = settings;
    this.id = id;
    this.#agent = agent;
    this.#settings = { ...settings, store };
    this.#store = store;
    this.#scheduler = scheduler;
    this.#log = new SessionLog(id, store, scheduler, {
      ...(title !== undefined && { title }),
      ...(forkedFrom !== undefined && { forkedFrom }),
    });
  }

  get result(): RunResult<Output> | undefined {
    return this.#result;
  }

  get history(): Observable<SessionHistory> {
    return this.#log.told;
  }

  send(input: UserMessage['content'], options: RunOptions<Context> = {}): Observable<StreamChunk> {
    return this.#run(options, (stop) => {
      const message = toUserMessage(input);
      const ask = defer(() => {
        this.#log.add({ type: 'send', message });
        const messages = this.#log.history.messages.map(withoutMark);
        return concat(this.#log.verify(), this.#agent.stream(messages, { ...options, interruptOn: stop }));
      });
      return concat(this.#compact(stop), this.#record(ask));
    });
  }

  resume(decisions: ApprovalDecisions, options: RunOptions<Context> = {}): Observable<StreamChunk> {
    return this.#run(options, (stop) => {
      const { waiting } = this.#log.history;
      if (!waiting) throw new InvalidRequestError(`No run of the session "${this.id}" waits for decisions`);
      const resumed = this.#agent.resume(waiting, decisions, { ...options, interruptOn: stop });
      // Stored first: who else would resume the run finds it taken, before a tool runs twice.
      const taken = defer(() => {
        this.#log.add({ type: 'resume', by: newId() });
        return this.#log.flush();
      });
      return this.#record(concat(taken, resumed), waiting);
    });
  }

  fork({ id = newId(), messageCount }: ForkOptions = {}): Observable<Session<Context, Output>> {
    checkNumber('fork', 'messageCount', messageCount, { integer: true });
    const copy = defer(() => {
      const { messages, waiting: state } = this.#log.history;
      const isWhole = messageCount === undefined || messageCount >= messages.length;
      const fork = new AgentSession(this.#agent, { ...this.#settings, id }, this.id);
      fork.#log.add({
        type: 'history',
        messages: messages.slice(0, messageCount),
        ...(isWhole && state && { state }),
      });
      return concat(fork.#log.flush(), of(fork));
    });
    return this.#turns.inTurn(concat(this.#log.load, copy));
  }

  save({ title }: { readonly title?: string } = {}): Observable<SessionEntry> {
    const retitle = defer(() => {
      if (title === undefined) this.#log.begin();
      else this.#log.add({ type: 'session', version: 1, title });
      return this.#log.flush();
    });
    return concat(
      this.#log.load,
      retitle,
      defer(() => of(this.#log.entry)),
    );
  }

  list(options: SessionListOptions = {}): Observable<readonly SessionEntry[]> {
    return defer(() => this.#store.list(options)).pipe(
      catchError((error: unknown) => {
        throw toStoreError('The sessions could not be listed', error);
      }),
    );
  }

  delete(): Observable<void> {
    return defer(() => this.#inPlaceOfAll(this.#turns.inTurn(concat(this.#log.delete(), of(undefined)))));
  }

  /** A run, when its turn has come; stopped by its notifier, or by another run in its place. */
  #run(
    { interruptOn }: RunOptions<Context>,
    begin: (stop: AbortSignal) => Observable<StreamChunk>,
  ): Observable<StreamChunk> {
    return defer(() => {
      const stop = new AbortController();
      const inTurn = this.#turns.inTurn(
        concat(
          this.#log.load,
          this.#log.verify(),
          defer(() => begin(stop.signal)),
        ),
      );
      const isReplacing = this.#settings.whileRunning === 'replace';
      const run = isReplacing ? this.#inPlaceOfAll(inTurn) : inTurn;
      this.#stops.add(stop);
      return run.pipe(
        finalize(() => this.#stops.delete(stop)),
        listenTo(interruptOn, stop),
      );
    });
  }

  /**
   * Queues up, then stops all that go or wait now. The last one first: none is to begin because the one before it ends.
   */
  #inPlaceOfAll<T>(turn: Observable<T>): Observable<T> {
    const stops = [...this.#stops].reverse();
    const stopAll = defer(() => {
      for (const stop of stops) stop.abort();
      return EMPTY;
    });
    return merge(turn, stopAll);
  }

  /** Passes the chunks of a run on, and records them beside. */
  #record(run: Observable<StreamChunk>, waiting?: RunState): Observable<StreamChunk> {
    return defer(() => {
      const recorder = new SessionRecorder((event) => this.#log.add(event), this.#scheduler, waiting);
      this.#result = undefined;
      const last = defer(() => (recorder.last ? of(recorder.last) : EMPTY));
      const collect = (chunks: Observable<StreamChunk>) =>
        chunks.pipe(
          collectRun<Output>(),
          tap((result) => (this.#result = result)),
          ignoreElements(),
          catchError(() => EMPTY),
        );
      const chunks = run.pipe(
        tap({
          next: (chunk) => recorder.take(chunk),
          error: (error: unknown) => recorder.end('error', error),
          complete: () => recorder.end(),
          unsubscribe: () => recorder.end(),
        }),
        connect((shared) => merge(shared.pipe(filter(({ type }) => type !== 'run-finish')), collect(shared))),
        catchError((error: unknown) =>
          concat(
            this.#log.flush().pipe(catchError(() => EMPTY)),
            throwError(() => error as Error),
          ),
        ),
      );
      const stored = this.#log.flush(() => recorder.details);
      return concat(
        chunks,
        concat(stored, last).pipe(
          catchError((error: unknown) =>
            concat(
              last,
              throwError(() => error as Error),
            ),
          ),
        ),
      );
    });
  }

  #compact(stop: AbortSignal): Observable<never> {
    return defer(() => {
      const { above = Infinity, with: shorten } = this.#settings.compaction ?? {};
      if (!shorten || (this.#log.history.inputTokens ?? 0) <= above) return EMPTY;
      return from(shorten(this.#log.history.sendable)).pipe(
        take(1),
        tap((messages) => {
          checkMessages(messages);
          this.#log.add({ type: 'history', messages });
        }),
        ignoreElements(),
        takeUntil(toStop(stop)),
      );
    });
  }
}

/** As a message, checked, and plain JSON: an image may be a `URL`. */
function toUserMessage(input: UserMessage['content']): UserMessage {
  const message: UserMessage = { role: 'user', content: input };
  toRequest({ messages: [message] });
  return typeof input === 'string' ? message : (JSON.parse(JSON.stringify(message)) as UserMessage);
}

/** The mark is for readers of the history, not for the model. */
function withoutMark({ partial: _, ...message }: SessionMessage): Message {
  return message;
}

/** Not `randomUUID`, which browsers have on `https` alone. */
function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
