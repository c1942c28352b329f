import { concatMap, defer, map, type Observable, toArray } from 'rxjs';
import { longestDelay } from '../../operators/internal/deadline.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { LogEntry, ReplayStore } from '../../web/replayStore.ts';
import { type RedisClient, run, send, sendLast, toWriteError } from './client.ts';
import { followEntries, type NumberedEntry, readEntries } from './logReader.ts';

/** Options of {@link redisReplayStore}. */
export interface RedisReplayStoreOptions {
  /**
   * Milliseconds that a log without a new entry is kept, for the case that the program which should remove it was killed.
   * It has to be longer than any run is silent.
   *
   * @defaultValue 86400000
   */
  readonly keepFor?: number;
}

/** How many appends of one store may be on their way at a time without one being written twice. */
const remembered = 64;

/**
 * Adds a value: writer, number of the append, milliseconds until the log is forgotten, the value.
 *
 * A client whose connection breaks sends again what was not answered: what is written already is only told again.
 */
const appendScript = `
local known = redis.call('HGET', KEYS[2], ARGV[1])
local number, id = string.match(known or '', '(%d+) (%d+)')
if number ~= ARGV[2] then
  id = tostring(redis.call('XLEN', KEYS[1]) + 1)
  redis.call('XADD', KEYS[1], id .. '-0', 'value', ARGV[4])
  redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. ' ' .. id)
end
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return id`;

/**
 * Makes a store for `replayLog` whose runs are followed, resumed and stopped from any server.
 *
 * A run is aborted when nobody follows it on the server that produces it, so let the `keepFor` of its `replayLog` be long. All
 * followers on one server share one further connection to Redis.
 *
 * Errors with {@link SinkError} where Redis cannot be written to, with {@link ProviderError} where it cannot be read, and
 * with {@link InvalidRequestError} where there is no such entry. A connection that is lost for shorter than the client
 * tries loses nothing and writes nothing twice.
 *
 * @example
 * ```ts
 * const log = replayLog({ store: redisReplayStore(new Redis()) });
 * ```
 */
export function redisReplayStore(client: RedisClient, options: RedisReplayStoreOptions = {}): ReplayStore {
  const { keepFor = 86_400_000 } = options;
  checkNumber('redisReplayStore', 'keepFor', keepFor, { min: 1, max: longestDelay, integer: true });
  const writer = crypto.randomUUID();
  let count = 0;

  return {
    append: (log, value) =>
      defer(() => {
        count += 1;
        const args = [`${writer}/${count % remembered}`, count, keepFor, JSON.stringify(value)];
        return run(client, appendScript, keysOf(log), args, toWriteError) as Observable<string>;
      }),
    read: (log) => readEntries(client, keysOf(log)[0]).pipe(map(toEntry), toArray()),
    follow: (log, after = '0') =>
      defer(() => send(client, 'XLEN', [keysOf(log)[0]])).pipe(
        concatMap((length) => {
          if (/^\d+$/.test(after) && Number(after) <= (length as number)) {
            return followEntries(client, keysOf(log)[0], Number(after));
          }
          throw new InvalidRequestError(`There is no entry ${JSON.stringify(after)} in this log`);
        }),
        map(toEntry),
      ),
    remove: (log) => sendLast(client, 'DEL', keysOf(log)),
  };
}

function keysOf(log: string): readonly [values: string, writers: string] {
  return [`rxllm:log:{${log}}`, `rxllm:log:{${log}}:writers`];
}

function toEntry({ number, text }: NumberedEntry): LogEntry {
  return { id: String(number), value: JSON.parse(text) as unknown };
}
