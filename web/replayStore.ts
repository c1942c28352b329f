import { concatMap, defer, type Observable, type ObservableInput, startWith, Subject } from 'rxjs';
import { InvalidRequestError } from '../src/errors.ts';

/** One entry of a log. */
export interface LogEntry {
  /** Its place in the log; the store's own, and one line of text. */
  readonly id: string;
  /** Plain JSON. */
  readonly value: unknown;
}

/**
 * Where a {@link replayLog} keeps its logs: in memory, or in Redis Streams, where `append` is `XADD`, `read` is
 * `XRANGE` and `follow` is `XREAD BLOCK`.
 *
 * What is asked for takes effect in that order: nothing that was to be appended before `remove` is there behind it.
 */
export interface ReplayStore {
  /** Adds a value at the end, and tells its id. */
  append(log: string, value: unknown): ObservableInput<string>;
  /** Tells all entries there are now; none of a log that there is not. */
  read(log: string): ObservableInput<readonly LogEntry[]>;
  /** Tells the entries behind an id, from the beginning where there is none, and those that come, in order. */
  follow(log: string, after?: string): Observable<LogEntry>;
  /** Forgets a log; whatever is done with it later begins a new one. */
  remove(log: string): void;
}

/** Entries and who waits for more. */
interface Log {
  readonly entries: LogEntry[];
  readonly appended: Subject<void>;
}

/**
 * Keeps logs in the memory of this process, as long as they are not removed.
 *
 * @example
 * ```ts
 * const log = replayLog({ store: memoryReplayStore() });
 * ```
 */
export function memoryReplayStore(): ReplayStore {
  const logs = new Map<string, Log>();
  const open = (name: string) => {
    const log = logs.get(name) ?? { entries: [], appended: new Subject() };
    logs.set(name, log);
    return log;
  };

  return {
    append: (name, value) => {
      const { entries, appended } = open(name);
      const id = String(entries.length + 1);
      entries.push({ id, value });
      appended.next();
      return [id];
    },
    read: (name) => [[...(logs.get(name)?.entries ?? [])]],
    follow: (name, after = '0') =>
      defer(() => {
        const { entries, appended } = open(name);
        let next = Number(after);
        if (!Number.isInteger(next) || next < 0 || next > entries.length) throw noEntry(after);
        function* rest(): Generator<LogEntry> {
          for (let entry = entries[next]; entry; entry = entries[next]) {
            next += 1;
            yield entry;
          }
        }
        return appended.pipe(startWith(undefined), concatMap(rest));
      }),
    remove: (name) => {
      logs.delete(name);
    },
  };
}

function noEntry(id: string): InvalidRequestError {
  return new InvalidRequestError(`There is no entry ${JSON.stringify(id)} in this log`);
}
