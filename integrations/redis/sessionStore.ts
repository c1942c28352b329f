import { concatMap, defer, type Observable, map, of } from 'rxjs';
import {
  type SessionEntry,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from '../../agents/internal/sessionRecords.ts';
import { checkEnd } from '../../agents/internal/storeErrors.ts';
import { checkLimit } from '../../agents/internal/storeList.ts';
import { type RedisClient, run, send, toWriteError } from './client.ts';

/** Of all sessions: how each stands in lists, and when it was used last. */
const entriesKey = 'rxllm:sessions:entries';
const usedKey = 'rxllm:sessions:used';
const logKeyOf = (id: string) => `rxllm:session:${id}`;

/**
 * Adds records and tells how long the log was: id, that length as it is known, entry, time of use, records.
 *
 * Records that stand there already were sent before, over a connection that broke before the answer.
 */
const appendScript = `
local length = redis.call('LLEN', KEYS[1])
local known = length - ARGV[2]
if known < 0 or known > #ARGV - 4 then return length end
for place, record in ipairs(redis.call('LRANGE', KEYS[1], ARGV[2], -1)) do
  if record ~= ARGV[4 + place] then return length end
end
for place = 5 + known, #ARGV do redis.call('RPUSH', KEYS[1], ARGV[place]) end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
return tonumber(ARGV[2])`;

const deleteScript = `
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])`;

/**
 * Makes a store that keeps sessions in Redis, for any number of servers.
 *
 * Records are added if the log is as long as the session knows, in one step that nothing can come between, so of two
 * servers that continue the same session one is refused with the code `CONFLICT`. Sessions do not expire. What outlives
 * Redis itself is for its configuration to say: with `appendonly yes` all but the last second.
 *
 * Errors with {@link SinkError} for a conflict and where Redis cannot be written to, with {@link ProviderError} where it
 * cannot be read.
 *
 * @example
 * ```ts
 * const chat = session({ model, store: redisSessionStore(new Redis()), id: 'work' });
 * ```
 */
export function redisSessionStore(client: RedisClient): SessionStore {
  const readEntry = (id: string) => send(client, 'HGET', [entriesKey, id]).pipe(map(parseEntry));

  return {
    append: (id, records, after) =>
      defer(() => readEntry(id)).pipe(
        concatMap((before) => {
          const entry = toSessionEntry(id, records, before);
          const texts = records.map((record) => JSON.stringify(record));
          const args = [id, after, JSON.stringify(entry), entry.updatedAt, ...texts];
          return run(client, appendScript, [logKeyOf(id), entriesKey, usedKey], args, toWriteError);
        }),
        map((length) => checkEnd(id, length as number, after)),
      ),
    read: (id) =>
      defer(() => send(client, 'LRANGE', [logKeyOf(id), 0, -1])).pipe(
        map((texts) => (texts as string[]).map((text) => JSON.parse(text) as SessionRecord)),
      ),
    list: (options = {}) => {
      checkLimit(options);
      return defer(() => send(client, 'ZREVRANGE', [usedKey, 0, (options.limit ?? 0) - 1])).pipe(
        concatMap((ids) => readEntries(client, ids as string[])),
      );
    },
    delete: (id) =>
      defer(() => run(client, deleteScript, [logKeyOf(id), entriesKey, usedKey], [id], toWriteError)),
  };
}

function readEntries(client: RedisClient, ids: string[]): Observable<readonly SessionEntry[]> {
  if (ids.length === 0) return of([]);
  return send(client, 'HMGET', [entriesKey, ...ids]).pipe(
    // One may have been deleted meanwhile.
    map((texts) => (texts as unknown[]).flatMap((text) => parseEntry(text) ?? [])),
  );
}

function parseEntry(text: unknown): SessionEntry | undefined {
  return typeof text === 'string' ? (JSON.parse(text) as SessionEntry) : undefined;
}
