/**
 * Sessions in files, for Node.
 *
 * @module
 */
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defer, from, map, mergeMap, toArray } from 'rxjs';
import { InvalidRequestError, SinkError } from '../src/errors.ts';
import {
  type SessionEntry,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from './internal/sessionRecords.ts';
import { checkEnd } from './internal/storeErrors.ts';
import { checkLimit, latestOf } from './internal/storeList.ts';

/** How far a log is known: bytes and records. */
interface LogEnd {
  readonly size: number;
  readonly length: number;
}

const empty: LogEnd = { size: 0, length: 0 };
const suffix = '.jsonl';
/** Of the file that is there while a run is resumed. */
const resuming = '.resume';
/** How many logs are read at a time for a list. */
const concurrency = 8;
const encoder = new TextEncoder();
const lineFeed = 10;

/**
 * Makes a store of JSON files: `<id>.jsonl` in the directory for each session, a record a line.
 *
 * The directory is made at the first write; files can be read and written by their owner alone. All
 * that is written outlives the process; the end of a run is flushed to the disk (`fsync`) before it counts as stored,
 * and outlives the machine, too. A last line that was cut by a crash is dropped.
 * For an id take letters, digits, `_`, `-` and `.`, at most 200; any other is an error, as a path would be.
 *
 * One process at a time may use a session. Another one's records are seen by the size of the file and refused with the
 * code `CONFLICT`. What one store is given at once, it writes in turn; between stores and processes there is no lock, so
 * two that write in the same moment are not told apart, but for runs that are resumed: of these one alone goes on, since
 * it makes a file `<id>.jsonl.resume` that the other cannot make. Where a crash in just that moment leaves that file, the
 * run cannot be resumed until it is removed.
 *
 * `list` reads every file, and leaves out those that it cannot read; for very many sessions take `sqliteStore`.
 *
 * Errors with {@link SinkError} for a conflict or, code `INVALID_LOG`, a file that is not a log, with {@link InvalidRequestError} for
 * an id that cannot be a name, else with those of `node:fs`.
 *
 * @example
 * ```ts
 * const chat = session({ model, store: fileStore('chats'), id: 'work' });
 * ```
 */
export function fileStore(directory: string): SessionStore {
  const ends = new Map<string, LogEnd>();
  const turns = new Map<string, Promise<unknown>>();
  const pathOf = (id: string) => join(directory, checkId(id) + suffix);

  /** Does one thing at a time with a log. */
  const inTurn = <T>(id: string, work: () => Promise<T>): Promise<T> => {
    const result = (turns.get(id) ?? Promise.resolve()).then(work);
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (turns.get(id) === settled) turns.delete(id);
      });
    turns.set(id, settled);
    return result;
  };

  const load = async (id: string) => {
    const log = await readLog(pathOf(id));
    const records = toRecords(log, id);
    const end: LogEnd = { size: log.byteLength, length: records.length };
    ends.set(id, end);
    return { records, end };
  };

  const append = async (id: string, records: readonly SessionRecord[], after: number): Promise<void> => {
    const path = pathOf(id);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    if (!records.some(({ type }) => type === 'resume')) return write(id, path, records, after);
    const mark = path + resuming;
    await claim(id, mark);
    await write(id, path, records, after).finally(() => rm(mark, { force: true }));
  };

  const write = async (id: string, path: string, records: readonly SessionRecord[], after: number) => {
    const file = await open(path, 'a', 0o600);
    try {
      const { size } = await file.stat();
      let end = size === 0 ? empty : ends.get(id);
      if (end?.size !== size) ({ end } = await load(id));
      checkEnd(id, end.length, after);
      const lines = encoder.encode(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      ends.delete(id);
      try {
        if (size > end.size) await file.truncate(end.size);
        await file.appendFile(lines);
        if (records.some(({ type }) => type === 'end')) await file.sync();
      } catch (error) {
        // All or nothing; where that fails, too, the next write finds what stands there.
        await file.truncate(end.size).catch(() => undefined);
        throw error;
      }
      ends.set(id, { size: end.size + lines.byteLength, length: end.length + records.length });
    } finally {
      await file.close();
    }
  };

  const summarize = async (id: string): Promise<readonly SessionEntry[]> => {
    const log = await readLog(pathOf(id)).catch(() => new Uint8Array());
    const records = toRecords(log);
    return records.length > 0 ? [toSessionEntry(id, records)] : [];
  };

  const listIds = async (): Promise<readonly string[]> => {
    const names = await readdir(directory).catch(unlessMissing([]));
    return names.filter((name) => name.endsWith(suffix)).map((name) => name.slice(0, -suffix.length));
  };

  return {
    append: (id, records, after) => defer(() => inTurn(id, () => append(id, records, after))),
    read: (id) => defer(() => load(id)).pipe(map(({ records }) => records)),
    list: (options = {}) => {
      checkLimit(options);
      return defer(listIds).pipe(
        mergeMap((ids) => from(ids.filter(isId))),
        mergeMap(summarize, concurrency),
        toArray(),
        map((entries) => latestOf(entries.flat(), options)),
      );
    },
    delete: (id) =>
      defer(() =>
        inTurn(id, async () => {
          ends.delete(id);
          await rm(pathOf(id), { force: true });
          await rm(pathOf(id) + resuming, { force: true });
        }),
      ),
  };
}

/** The whole lines of a log; none where there is no file. */
async function readLog(path: string): Promise<Uint8Array> {
  const bytes: Uint8Array = await readFile(path).catch(unlessMissing(new Uint8Array()));
  return bytes.subarray(0, bytes.lastIndexOf(lineFeed) + 1);
}

/** The records of lines. Without the id of a log that is to be whole, those that can be read. */
function toRecords(log: Uint8Array, id?: string): readonly SessionRecord[] {
  const text = new TextDecoder().decode(log);
  const records: SessionRecord[] = [];
  for (const [index, line] of text.split('\n').slice(0, -1).entries()) {
    try {
      records.push(toRecord(JSON.parse(line)));
    } catch (cause) {
      if (id === undefined) continue;
      throw new SinkError(`Line ${index + 1} of the log of the session "${id}" is not a record`, {
        code: 'INVALID_LOG',
        cause,
      });
    }
  }
  return records;
}

function toRecord(value: unknown): SessionRecord {
  const { type, at, messageCount } = Object(value) as Partial<SessionRecord>;
  if (typeof type === 'string' && typeof at === 'number' && typeof messageCount === 'number')
    return value as SessionRecord;
  throw new TypeError('type, at or messageCount is missing');
}

/** Makes a file that nobody else can make meanwhile. */
async function claim(id: string, path: string): Promise<void> {
  await writeFile(path, '', { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const message = `The session "${id}" is being resumed elsewhere; where it is not, remove ${path}`;
    throw new SinkError(message, { code: 'CONFLICT', cause: error });
  });
}

function checkId(id: string): string {
  if (isId(id)) return id;
  throw new InvalidRequestError(
    `The id of a session in a file must be of letters, digits, "_", "-" and ".", not ${JSON.stringify(id)}`,
  );
}

function isId(id: string): boolean {
  return /^[\w-][\w.-]{0,199}$/.test(id);
}

function unlessMissing<T>(fallback: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return fallback;
    throw error;
  };
}
