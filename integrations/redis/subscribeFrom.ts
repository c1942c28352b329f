import {
  concatMap,
  defer,
  exhaustMap,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  type OperatorFunction,
  takeWhile,
  tap,
} from 'rxjs';
import { InvalidRequestError, StreamInterruptedError } from '../../src/errors.ts';
import type { LoggedChunk } from '../../web/format.ts';
import { readChunk, type WrittenChunk } from '../../web/internal/jsonEvents.ts';
import type { RedisClient } from './client.ts';
import { followEntries, type NumberedEntry } from './logReader.ts';
import { aliveFor, askToStop, keysOf, lookAt, type RunLook } from './runLog.ts';

/** Milliseconds between two looks whether the producer of a run lives. */
const lookEvery = 2_000;

/**
 * Follows a run that {@link publishTo} writes, on whatever server: what is written, then what comes.
 *
 * Every chunk carries an `eventId`. With the last one that somebody has seen as `lastId`, they are given the rest;
 * without, or with an empty one, all. Chunks are those that were written: of deltas that came in quick succession one.
 * All followers of one client share one further connection, which is open while there is something to wait for.
 *
 * ```text
 * Redis:   s-a-b-c-f|
 * result:  s-a-b-c-f|          subscribeFrom(client, 'run')
 * later:   ----(bc)f|          subscribeFrom(client, 'run', idOfA)
 * ```
 *
 * Errors with what the run failed with, as the same class; with {@link InvalidRequestError} where there is no such run or
 * no such entry; with {@link StreamInterruptedError} where the program that produces it was left, has given no sign of
 * life for 10 seconds, or Redis has lost it; with {@link ProviderError} where Redis refuses or cannot be reached for
 * longer than the client tries: what was seen is then still there to go on from. Unsubscribing leaves the run alone.
 *
 * @example
 * ```ts
 * subscribeFrom(redis, 'run-1', request.headers.get('last-event-id')).pipe(selectText()).subscribe(console.log);
 * ```
 *
 * @see {@link stopRun} to stop it.
 */
export function subscribeFrom(
  client: RedisClient,
  id: string,
  lastId?: string | null,
): Observable<LoggedChunk> {
  return defer(() => lookAt(client, id)).pipe(
    concatMap((look) => followRun(client, id, checkPlace(id, look, lastId ?? ''))),
  );
}

/** Follows a run that there is behind an entry. */
function followRun(client: RedisClient, id: string, after: number): Observable<LoggedChunk> {
  return defer(() => {
    let last = after;
    const [, chunks] = keysOf(id);
    const entries = followEntries(client, chunks, after).pipe(tap(({ number }) => (last = number)));
    const looks = watchRun(client, id, () => last);
    return merge(entries, looks).pipe(readChunks());
  });
}

/** Errors when nobody produces a run any more. Never emits or completes. */
function watchRun(client: RedisClient, id: string, lastSeen: () => number): Observable<never> {
  return interval(lookEvery).pipe(
    exhaustMap(() => lookAt(client, id)),
    tap((look) => checkLife(id, look, lastSeen())),
    ignoreElements(),
  );
}

/** Makes chunks of entries, up to the end. */
export function readChunks(): OperatorFunction<NumberedEntry, LoggedChunk> {
  return (source) =>
    source.pipe(
      map(({ number, text }) => readChunk(JSON.parse(text) as WrittenChunk, String(number))),
      takeWhile((chunk) => chunk !== undefined),
    );
}

/**
 * Asks a run that {@link publishTo} writes to stop, on whatever server it is, and emits whether there is one.
 *
 * The answer ends as {@link interruptOn} ends it, within half a second, and all followers see its `finish` with the
 * reason `aborted`.
 *
 * Errors with {@link SinkError} where Redis cannot be written to. Nothing is asked before it is subscribed to.
 *
 * @example
 * ```ts
 * app.delete('/chat/:run', async (context) =>
 *   context.json(await firstValueFrom(stopRun(redis, context.req.param('run')))),
 * );
 * ```
 */
export function stopRun(client: RedisClient, id: string): Observable<boolean> {
  return defer(() => askToStop(client, id));
}

function checkPlace(id: string, look: RunLook | undefined, lastId: string): number {
  const name = JSON.stringify(id);
  if (!look) throw new InvalidRequestError(`There is no run ${name}: it never began, or is forgotten`);
  const after = Number(lastId);
  if (/^\d*$/.test(lastId) && after <= look.written) return after;
  throw new InvalidRequestError(`There is no entry ${JSON.stringify(lastId)} in the run ${name}`);
}

function checkLife(id: string, look: RunLook | undefined, last: number): void {
  const name = JSON.stringify(id);
  if (!look) throw new StreamInterruptedError(`Redis has forgotten or lost the run ${name}`);
  // What is written comes, also of who is gone.
  if (look.silence <= aliveFor || look.written > last) return;
  throw new StreamInterruptedError(
    `The program that produced the run ${name} has given no sign of life for ${look.silence} ms`,
  );
}
