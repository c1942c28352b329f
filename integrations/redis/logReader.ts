import {
  concat,
  concatMap,
  defer,
  EMPTY,
  expand,
  finalize,
  ignoreElements,
  map,
  merge,
  Observable,
  repeat,
  share,
  type Subscriber,
  tap,
} from 'rxjs';
import { type RedisClient, send } from './client.ts';

/** An entry of a stream whose entries are numbered from 1, without a gap. */
export interface NumberedEntry {
  readonly number: number;
  /** JSON. */
  readonly text: string;
}

/** An entry as Redis tells it: its id, its field and the value of that. */
type Entry = readonly [id: string, fields: readonly [name: string, text: string]];

/** Most entries that are read at a time, of each stream. */
const pageLength = 1000;

/** Milliseconds that a read waits for entries; so late at most comes the first entry of who joins meanwhile. */
const longestWait = 100;

/** Who follows a stream, and the last entry that they have been given. */
interface Follower {
  readonly subscriber: Subscriber<NumberedEntry>;
  last: number;
}

/**
 * Follows any number of streams on one connection of its own, which is open while somebody follows one.
 *
 * A blocking read holds its connection, so the client's own cannot be used. One connection for each follower would be
 * thousands.
 */
class LogReader {
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #prefixLength: number;
  readonly #reading: Observable<never>;

  constructor(client: RedisClient) {
    this.#prefixLength = client.options?.keyPrefix?.length ?? 0;
    this.#reading = defer(() => {
      const connection = client.duplicate();
      // What a connection fails with is told by its commands; unheard, it would be printed.
      connection.on('error', () => undefined);

      return defer(() => send(connection, 'XREAD', this.#command())).pipe(
        tap((reply) => this.#deliver(reply)),
        repeat(),
        ignoreElements(),
        finalize(() => connection.disconnect()),
      );
    }).pipe(share());
  }

  follow(key: string, last: number): Observable<NumberedEntry> {
    // Entries of many streams come by one connection, so that no composition has the subscriber of one.
    const entries = new Observable<NumberedEntry>((subscriber) => {
      const follower: Follower = { subscriber, last };
      const all = this.#followers.get(key) ?? new Set();
      this.#followers.set(key, all.add(follower));
      return () => {
        all.delete(follower);
        if (all.size === 0) this.#followers.delete(key);
      };
    });
    return merge(entries, this.#reading);
  }

  /** Reads behind what the last of the followers has. */
  #command(): (string | number)[] {
    const keys = [...this.#followers.keys()];
    const numbers = [...this.#followers.values()].map((all) => Math.min(...[...all].map(({ last }) => last)));
    return ['COUNT', pageLength, 'BLOCK', longestWait, 'STREAMS', ...keys, ...numbers];
  }

  #deliver(reply: unknown): void {
    for (const [name, entries] of toStreams(reply)) {
      const followers = this.#followers.get(name.slice(this.#prefixLength)) ?? [];
      for (const entry of entries.map(toNumbered)) {
        for (const follower of followers) {
          // Who has joined while this was read may lack what is before it, and is given all by the next read.
          if (entry.number !== follower.last + 1) continue;
          follower.last = entry.number;
          follower.subscriber.next(entry);
        }
      }
    }
  }
}

/** A connection belongs to a client, as its pool does; who follows by it is counted. */
const readers = new WeakMap<RedisClient, LogReader>();

function readerOf(client: RedisClient): LogReader {
  const reader = readers.get(client) ?? new LogReader(client);
  readers.set(client, reader);
  return reader;
}

/** Reads the entries behind a number that there are now, page by page. */
export function readEntries(client: RedisClient, key: string, after = 0): Observable<NumberedEntry> {
  const readPage = (last: number) =>
    send(client, 'XRANGE', [key, `(${last}`, '+', 'COUNT', pageLength]).pipe(
      map((reply) => (reply as readonly Entry[]).map(toNumbered)),
    );
  return readPage(after).pipe(
    expand((page, index) => (page.length < pageLength ? EMPTY : readPage(after + (index + 1) * pageLength))),
    concatMap((page) => page),
  );
}

/** Reads the entries behind a number, then those that come. The connection is opened only for those. */
export function followEntries(client: RedisClient, key: string, after = 0): Observable<NumberedEntry> {
  return defer(() => {
    let last = after;
    return concat(
      readEntries(client, key, after).pipe(tap(({ number }) => (last = number))),
      defer(() => readerOf(client).follow(key, last)),
    );
  });
}

/** What a read tells, by the names of the streams: a list of pairs, a flat list or an object, as the protocol has it. */
function toStreams(reply: unknown): readonly (readonly [name: string, entries: readonly Entry[]])[] {
  if (!Array.isArray(reply)) return Object.entries(reply ?? {}) as [string, Entry[]][];
  const isFlat = typeof reply[0] === 'string';
  if (!isFlat) return reply as [string, Entry[]][];
  return reply.flatMap((name, index) =>
    index % 2 === 0 ? [[name as string, reply[index + 1] as Entry[]] as const] : [],
  );
}

function toNumbered([id, [, text]]: Entry): NumberedEntry {
  return { number: Number.parseInt(id, 10), text };
}
