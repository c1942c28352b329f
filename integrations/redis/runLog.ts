import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  interval,
  map,
  type Observable,
  tap,
} from 'rxjs';
import { SinkError } from '../../src/errors.ts';
import type { WrittenChunk } from '../../web/internal/jsonEvents.ts';
import { type RedisClient, run, sendLast, toWriteError } from './client.ts';

/** Milliseconds between two signs of life of a run that is silent, by which it also learns that it is to stop. */
const lookEvery = 500;

/** Milliseconds without a sign of life after which the program that produced a run is gone. */
export const aliveFor = 10_000;

/** The keys of a run: a hash of who writes it and how far, and the stream of its chunks. Braces keep them apart. */
export function keysOf(id: string): readonly [state: string, chunks: string] {
  return [`rxllm:run:{${id}}`, `rxllm:run:{${id}}:chunks`];
}

const nowInLua = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Writes chunks: writer, number of the first, milliseconds until the run is forgotten, chunks.
 *
 * A client whose connection breaks sends again what was not answered, so what is already written is passed over.
 */
const writeScript = `${nowInLua}
local writer = redis.call('HGET', KEYS[1], 'writer')
if not writer then
  if ARGV[2] ~= '1' then return 'lost' end
  redis.call('HSET', KEYS[1], 'writer', ARGV[1], 'written', 0)
elseif writer ~= ARGV[1] then
  return 'taken'
end
local written = tonumber(redis.call('HGET', KEYS[1], 'written'))
for place = 4, #ARGV do
  local number = ARGV[2] + place - 4
  if number > written then
    redis.call('XADD', KEYS[2], number .. '-0', 'chunk', ARGV[place])
    written = number
  end
end
redis.call('HSET', KEYS[1], 'written', written, 'seen', now)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[3]) end
return redis.call('HGET', KEYS[1], 'stop') or 'go on'`;

const lookScript = `${nowInLua}
local state = redis.call('HMGET', KEYS[1], 'written', 'seen')
return state[1] and { tonumber(state[1]), now - state[2] }`;

const stopScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'stop', 'stop')
return 1`;

/** Asks a run to stop that may be yet to begin; milliseconds after which that is forgotten. */
export const cancelScript = `
redis.call('HSET', KEYS[1], 'stop', 'stop')
redis.call('PEXPIRE', KEYS[1], ARGV[1])`;

/**
 * Makes somebody the writer of a run, whoever was it before: writer, milliseconds until the run is forgotten.
 *
 * One that has failed begins anew.
 */
const takeOverScript = `${nowInLua}
redis.call('HSETNX', KEYS[1], 'written', 0)
redis.call('HSET', KEYS[1], 'writer', ARGV[1], 'seen', now)
for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[2]) end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if last and string.find(last[2][2], '^{"type":"error"') then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[1], 'written', 0)
  last = false
end
return { tonumber(redis.call('HGET', KEYS[1], 'written')), last and last[2][2] or 'null' }`;

/** What there is already of a run that is taken over. */
export interface TakenRun {
  readonly written: number;
  readonly last: WrittenChunk | null;
}

/** Takes a run over, or begins it: what its writer so far still writes is refused. */
export function takeOver(
  client: RedisClient,
  id: string,
  writer: string,
  keepFor: number,
): Observable<TakenRun> {
  return run(client, takeOverScript, keysOf(id), [writer, keepFor], toWriteError).pipe(
    map((reply) => {
      const [written, last] = reply as readonly [number, string];
      return { written, last: JSON.parse(last) as WrittenChunk | null };
    }),
  );
}

/** How a run stands. */
export interface RunLook {
  /** The number of its last entry. */
  readonly written: number;
  /** Milliseconds since its last sign of life. */
  readonly silence: number;
}

/** Tells how a run stands; nothing where there is none. */
export function lookAt(client: RedisClient, id: string): Observable<RunLook | undefined> {
  return run(client, lookScript, keysOf(id), []).pipe(
    map((reply) => {
      if (!reply) return undefined;
      const [written, silence] = reply as readonly [number, number];
      return { written, silence };
    }),
  );
}

/** Asks a run to stop, and tells whether there is one. */
export function askToStop(client: RedisClient, id: string): Observable<boolean> {
  return run(client, stopScript, keysOf(id), [], toWriteError).pipe(map((reply) => reply === 1));
}

/** What a {@link RunWriter} is made of. */
export interface RunRules {
  readonly client: RedisClient;
  readonly id: string;
  readonly keepFor: number;
  /** By which Redis tells this writer from others. */
  readonly writer: string;
  /** How many entries there are already. @defaultValue 0 */
  readonly written?: number;
}

/** Writes one run. For one subscription. */
export class RunWriter {
  readonly #rules: RunRules;
  #next: number;
  /** Whether somebody has asked it to stop, and it did. */
  isStopped = false;
  /** Why nothing is written any more. */
  failure: { readonly error: unknown } | undefined;

  constructor(rules: RunRules) {
    this.#rules = rules;
    this.#next = (rules.written ?? 0) + 1;
  }

  /** Begins the run; completes when it can be followed. */
  begin(): Observable<never> {
    return this.#send([]).pipe(concatMap(() => EMPTY));
  }

  /** Emits when the run is to stop; and while this is listened to, Redis is told that it goes on. */
  get stopped(): Observable<unknown> {
    const look = defer(() => this.#send([])).pipe(
      catchError((error: unknown) => {
        if (error instanceof SinkError && error.code === 'CONFLICT') throw error;
        // What is lost is told by the next write.
        return EMPTY;
      }),
    );
    return interval(lookEvery).pipe(
      exhaustMap(() => look),
      filter((answer) => answer === 'stop'),
      tap(() => (this.isStopped = true)),
    );
  }

  /** Writes chunks, and completes when they are written or cannot be. */
  write(chunks: readonly WrittenChunk[]): Observable<unknown> {
    if (this.failure) return EMPTY;
    return this.#send(chunks).pipe(
      catchError((error: unknown) => {
        this.failure = { error };
        return EMPTY;
      }),
    );
  }

  /** Writes the end of a run for which nobody waits any more. */
  leave(end: WrittenChunk): void {
    const { client, id } = this.#rules;
    sendLast(client, 'EVAL', [writeScript, 2, ...keysOf(id), ...this.#arguments([end])]);
  }

  #send(chunks: readonly WrittenChunk[]): Observable<unknown> {
    const { client, id } = this.#rules;
    return run(client, writeScript, keysOf(id), this.#arguments(chunks), toWriteError).pipe(
      tap((answer) => {
        if (answer === 'taken') throw isTaken(id);
        if (answer === 'lost') throw isLost(id);
      }),
    );
  }

  #arguments(chunks: readonly WrittenChunk[]): (string | number)[] {
    const { writer, keepFor } = this.#rules;
    const first = this.#next;
    this.#next += chunks.length;
    const { type } = chunks.at(-1) ?? {};
    const isOver = type === 'end' || type === 'error';
    // While it is silent it has to outlive the time between two signs of life.
    const expiry = isOver ? keepFor : Math.max(keepFor, 2 * aliveFor);
    return [writer, first, expiry, ...chunks.map((chunk) => JSON.stringify(chunk))];
  }
}

function isTaken(id: string): SinkError {
  return new SinkError(
    `The run ${JSON.stringify(id)} is or was written by somebody else: follow it, or take another name`,
    { provider: 'redis', code: 'CONFLICT' },
  );
}

function isLost(id: string): SinkError {
  return new SinkError(
    `Redis has lost the run ${JSON.stringify(id)}: it was started anew, or has too little memory for what it is to keep`,
    { provider: 'redis', code: 'LOST' },
  );
}
