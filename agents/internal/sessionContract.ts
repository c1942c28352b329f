import type { Observable, ObservableInput, SchedulerLike } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { Message, UserMessage } from '../../src/message.ts';
import type { LanguageModel } from '../../src/model.ts';
import type { RunState } from '../../src/runState.ts';
import type { RunResult } from '../collectRun.ts';
import type { Agent, ApprovalDecisions, RunOptions } from '../contract.ts';
import type { SessionEntry, SessionListOptions, SessionMessage, SessionStore } from './sessionRecords.ts';

/** When a session's history is made shorter, and how. */
export interface SessionCompaction {
  /** Input tokens of the latest model call above which the next `send` begins with `with`. */
  readonly above: number;
  /**
   * Makes the messages that take the place of those so far; completing without any leaves them. A message with tool
   * calls and the one of their results belong together. What it asks of a model is not part of the run's usage.
   */
  readonly with: (messages: readonly SessionMessage[]) => ObservableInput<readonly Message[]>;
}

/** Options of {@link session} beside the agent or model. */
export interface SessionSettings {
  /** Under which the session is kept; one that the store knows is continued. @defaultValue a new one */
  readonly id?: string;
  /** Where it is kept. @defaultValue a `memoryStore()` of its own */
  readonly store?: SessionStore;
  /** For lists; `save` changes it. */
  readonly title?: string;
  /**
   * What a `send` does while another run goes on: wait for its end, or stop it gracefully, with all that wait, and go on
   * from there.
   *
   * @defaultValue 'queue'
   */
  readonly whileRunning?: 'queue' | 'replace';
  /** @defaultValue the history is only ever longer */
  readonly compaction?: SessionCompaction;
  /** The clock. @defaultValue the agent's, else asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** Options of {@link session}: those of the session, and who answers. */
export type SessionOptions<Context = unknown, Output = unknown> = SessionSettings &
  (
    | { readonly agent: Agent<Context, Output>; readonly model?: never }
    | { readonly model: LanguageModel; readonly agent?: never }
  );

/** A conversation so far, from {@link Session.history}. */
export interface SessionHistory {
  readonly title?: string;
  /** The finished messages, with thinking and signatures. */
  readonly messages: readonly SessionMessage[];
  /** The run that waits for decisions, for {@link Session.resume}. */
  readonly waiting?: RunState;
}

/** What a fork takes over. */
export interface ForkOptions {
  /** @defaultValue a new one */
  readonly id?: string;
  /** So many of the first messages. @defaultValue all, and a run that waits */
  readonly messageCount?: number;
}

/** A conversation that is kept, from {@link session}. */
export interface Session<Context = unknown, Output = unknown> {
  readonly id: string;
  /**
   * Says something: a run of the agent on the history, as a cold Observable. Its last chunk comes when the run is
   * stored.
   *
   * Each subscription is a message of its own. One that the model has said nothing to, because the run failed, was
   * stopped or left before, is taken back; so it can be sent again. To try again in the middle of an answer put
   * `retryStream` on the model.
   *
   * Errors with what the run errors with; with {@link SinkError} where the run went well and could not be stored, then
   * all chunks have come before, the last one too, and with the session nothing is lost. Unsubscribing aborts the run.
   */
  send(input: UserMessage['content'], options?: RunOptions<Context>): Observable<StreamChunk>;
  /**
   * Goes on with the run that waits, see `waiting` of the history; a `send` instead gives it up.
   *
   * That it goes on is stored first, so of several that resume it at once one alone does; the others error with the code
   * `CONFLICT`. After a crash it does not go on again: calls without a result get one that says so.
   *
   * Errors like `send`, and with {@link InvalidRequestError} where no run waits. A run that cannot be resumed waits on.
   */
  resume(decisions: ApprovalDecisions, options?: RunOptions<Context>): Observable<StreamChunk>;
  /** Of the latest run; undefined before its end, and where it failed or was stopped. To await one: `collectRun`. */
  readonly result: RunResult<Output> | undefined;
  /** The history now and whenever it has changed, message by message. It does not complete. */
  readonly history: Observable<SessionHistory>;
  /** Makes another session on the same store, which begins with this history; once the run under way has ended. */
  fork(options?: ForkOptions): Observable<Session<Context, Output>>;
  /**
   * Emits how the session stands in lists, when everything is stored. Sessions are stored as they go, so it is needed
   * only to give a title, or after a failure of the store.
   *
   * Errors with {@link SinkError} where the store fails.
   */
  save(changes?: { readonly title?: string }): Observable<SessionEntry>;
  /** The sessions of the store, the one used last first. */
  list(options?: SessionListOptions): Observable<readonly SessionEntry[]>;
  /**
   * Stops what runs or waits for its turn, and takes the session out of the store, also one that cannot be read. What is
   * sent after that begins a new one.
   */
  delete(): Observable<void>;
}
