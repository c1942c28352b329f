/**
 * Sessions in a database of SQLite, for Node.
 *
 * @module
 */
import { DatabaseSync } from 'node:sqlite';
import { defer, EMPTY, of } from 'rxjs';
import { SinkError } from '../src/errors.ts';
import {
  type SessionEntry,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from './internal/sessionRecords.ts';
import { checkEnd } from './internal/storeErrors.ts';
import { checkLimit } from './internal/storeList.ts';

/** A {@link SessionStore} in a database, from {@link sqliteStore}. */
export interface SqliteStore extends SessionStore {
  /** Closes the database; the store then errors. */
  close(): void;
}

/** Of the tables; `user_version` of the database. */
const version = 1;

const schema = `
  CREATE TABLE session (
    id TEXT PRIMARY KEY,
    title TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    message_count INTEGER NOT NULL,
    length INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX session_by_use ON session (updated_at DESC);
  CREATE TABLE record (
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (session, number)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${version};
`;

/**
 * Makes a store in a SQLite database, of Node's own `node:sqlite`; `:memory:` is one without a file.
 *
 * The database is opened, and made where there is none, at the first use. It is written ahead (WAL), so that several
 * processes can use it: each session one at a time, another one's records are refused with the code `CONFLICT`.
 * All that is written outlives the process; the end of a run is flushed to the disk before it counts as stored, and
 * outlives the machine, too. Writes are synchronous: each holds the program up for a fraction of a millisecond, that of
 * the end as long as the disk takes.
 *
 * Node prints an `ExperimentalWarning` when this file is loaded, up to 24.14;
 * `node --disable-warning=ExperimentalWarning` silences it.
 *
 * Errors with {@link SinkError} for a conflict and a database of a newer version, else with those of `node:sqlite`.
 *
 * @example
 * ```ts
 * const store = sqliteStore('chats.db');
 * const [latest] = await firstValueFrom(from(store.list({ limit: 1 })));
 * const chat = session({ model, store, id: latest?.id ?? 'first' });
 * ```
 */
export function sqliteStore(path: string): SqliteStore {
  let opened: Database | undefined;
  let isClosed = false;
  const database = (): Database => {
    if (isClosed) throw new SinkError('The store is closed', { code: 'CLOSED' });
    return (opened ??= new Database(path));
  };

  return {
    append: (id, records, after) =>
      defer(() => {
        database().append(id, records, after);
        return EMPTY;
      }),
    read: (id) => defer(() => of(database().read(id))),
    list: (options = {}) => {
      checkLimit(options);
      return defer(() => of(database().list(options.limit)));
    },
    delete: (id) =>
      defer(() => {
        database().delete(id);
        return EMPTY;
      }),
    close: () => {
      isClosed = true;
      opened?.close();
      opened = undefined;
    },
  };
}

/** A row of the table of sessions. */
interface SessionRow {
  readonly id: string;
  readonly title: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly message_count: number;
  readonly length: number;
}

class Database {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      this.#run('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON');
      this.#write(() => this.#migrate(path));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  append(id: string, records: readonly SessionRecord[], after: number): void {
    const isEnd = records.some(({ type }) => type === 'end');
    this.#run(`PRAGMA synchronous = ${isEnd ? 'FULL' : 'NORMAL'}`);
    this.#write(() => {
      const row = this.#row(id);
      checkEnd(id, row?.length ?? 0, after);
      const entry = toSessionEntry(id, records, row && toEntry(row));
      this.#save(entry, after + records.length);
      const insert = this.#database.prepare('INSERT INTO record (session, number, json) VALUES (?, ?, ?)');
      for (const [index, record] of records.entries()) insert.run(id, after + index, JSON.stringify(record));
    });
  }

  read(id: string): readonly SessionRecord[] {
    const rows = this.#database.prepare('SELECT json FROM record WHERE session = ? ORDER BY number').all(id);
    return rows.map(({ json }) => JSON.parse(json as string) as SessionRecord);
  }

  list(limit = -1): readonly SessionEntry[] {
    const rows = this.#database
      .prepare('SELECT * FROM session ORDER BY updated_at DESC LIMIT ?')
      .all(limit) as unknown as readonly SessionRow[];
    return rows.map(toEntry);
  }

  delete(id: string): void {
    this.#database.prepare('DELETE FROM session WHERE id = ?').run(id);
  }

  close(): void {
    this.#database.close();
  }

  #row(id: string): SessionRow | undefined {
    return this.#database.prepare('SELECT * FROM session WHERE id = ?').get(id) as unknown as
      SessionRow | undefined;
  }

  #save({ id, title, createdAt, updatedAt, messageCount }: SessionEntry, length: number): void {
    this.#database
      .prepare(
        // Not `REPLACE`, which deletes the row first and with it the records.
        `INSERT INTO session VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET title = excluded.title,
          updated_at = excluded.updated_at, message_count = excluded.message_count, length = excluded.length`,
      )
      .run(id, title ?? null, createdAt, updatedAt, messageCount, length);
  }

  #migrate(path: string): void {
    const found = this.#database.prepare('PRAGMA user_version').get()?.['user_version'];
    if (found === 0) this.#run(schema);
    else if (found !== version) {
      const message = `The database ${path} has tables of version ${String(found)}, newer than this library`;
      throw new SinkError(message, { code: 'NEWER_VERSION' });
    }
  }

  /** Does all of it or nothing, alone. */
  #write(work: () => void): void {
    this.#run('BEGIN IMMEDIATE');
    try {
      work();
      this.#run('COMMIT');
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  #rollBack(): void {
    try {
      this.#run('ROLLBACK');
    } catch {
      // SQLite has done so itself: the disk is full, for instance.
    }
  }

  #run(statements: string): void {
    this.#database.exec(statements);
  }
}

function toEntry({ id, title, created_at, updated_at, message_count }: SessionRow): SessionEntry {
  return {
    id,
    ...(title !== null && { title }),
    createdAt: created_at,
    updatedAt: updated_at,
    messageCount: message_count,
  };
}
