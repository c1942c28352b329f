import type { ObservableInput } from 'rxjs';
import type { ErrorFacts, FinishReason, StreamChunk } from '../../src/chunk.ts';
import type { Message, UserMessage } from '../../src/message.ts';
import type { RunState } from '../../src/runState.ts';

/** A message of a session; `partial` where the answer was cut off: stopped, failed or crashed. */
export type SessionMessage = Message & { readonly partial?: true };

/** What has happened in a session. */
export type SessionEvent =
  /** The log begins, or the title changes. */
  | {
      readonly type: 'session';
      readonly version: 1;
      readonly title?: string;
      /** The session that this one was forked from. */
      readonly forkedFrom?: string;
    }
  /** The user has spoken. */
  | { readonly type: 'send'; readonly message: UserMessage }
  /** A run that waited goes on; stored before it does. `by` is random: no two attempts write the same record. */
  | { readonly type: 'resume'; readonly by: string }
  /** Chunks of an answer that has not finished, neighbouring deltas joined. */
  | { readonly type: 'pieces'; readonly chunks: readonly StreamChunk[] }
  /** A message has finished; the pieces since the one before are superseded. */
  | {
      readonly type: 'message';
      readonly message: SessionMessage;
      /** Tokens of the request that was answered. */
      readonly inputTokens?: number;
    }
  /** A run is over, or waits where there is a `state`; with an `error`, it could not be resumed. */
  | {
      readonly type: 'end';
      readonly reason: FinishReason | 'error';
      readonly error?: ErrorFacts;
      readonly state?: RunState;
    }
  /** These messages take the place of those before: a compaction or the beginning of a fork. */
  | { readonly type: 'history'; readonly messages: readonly SessionMessage[]; readonly state?: RunState };

/** One entry of a session's log: plain JSON. */
export type SessionRecord = SessionEvent & {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How many messages the session then has. */
  readonly messageCount: number;
};

/** A session in a list. */
export interface SessionEntry {
  readonly id: string;
  readonly title?: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The latest use, in milliseconds since 1970. */
  readonly updatedAt: number;
  readonly messageCount: number;
}

/** Which sessions a store lists. */
export interface SessionListOptions {
  /** The latest so many. @defaultValue all */
  readonly limit?: number;
}

/**
 * Where sessions are kept: a log for each, to which records are only ever added.
 *
 * What is in a record is the session's affair; a store keeps JSON, and for the list what {@link toSessionEntry} makes
 * of it. It says that it failed by an error; the session then goes on and writes the records later.
 *
 * @see {@link memoryStore}, `fileStore` and `sqliteStore`, which are stores.
 */
export interface SessionStore {
  /**
   * Adds to the end of a log, all of the records or none. What is emitted is ignored, completion says that they are kept.
   *
   * `after` is how many records the session knows of. Where the log has another number, somebody else has continued the
   * session, and the store should refuse.
   */
  append(id: string, records: readonly SessionRecord[], after: number): ObservableInput<unknown>;
  /** The records of a log in their order, in one list or several; none where there is no such session. */
  read(id: string): ObservableInput<readonly SessionRecord[]>;
  /** The sessions in one list, the one used last first. */
  list(options?: SessionListOptions): ObservableInput<readonly SessionEntry[]>;
  /** Forgets a session; no error where there is none. */
  delete(id: string): ObservableInput<unknown>;
}

/**
 * What a list tells of a session: its entry so far, continued by further records.
 *
 * For stores of your own, which need not read a whole log to list it.
 */
export function toSessionEntry(
  id: string,
  records: readonly SessionRecord[],
  before: SessionEntry = { id, createdAt: records[0]?.at ?? 0, updatedAt: 0, messageCount: 0 },
): SessionEntry {
  const last = records.at(-1);
  const titles = records.flatMap((record) => (record.type === 'session' ? (record.title ?? []) : []));
  const title = titles.at(-1) ?? before.title;
  return {
    ...before,
    ...(title !== undefined && { title }),
    ...(last && { updatedAt: last.at, messageCount: last.messageCount }),
  };
}
