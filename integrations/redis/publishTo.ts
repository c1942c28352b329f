import {
  catchError,
  concat,
  connect,
  defer,
  EMPTY,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  type OperatorFunction,
  pipe,
  tap,
  throwError,
} from 'rxjs';
import { longestDelay } from '../../operators/internal/deadline.ts';
import { drainTo } from '../../operators/drainTo.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { withEnd, type WrittenChunk } from '../../web/internal/jsonEvents.ts';
import { withoutForeignErrors } from '../../web/internal/writeBody.ts';
import type { RedisClient } from './client.ts';
import { RunWriter } from './runLog.ts';

/** Options of {@link publishTo}. */
export interface PublishToOptions {
  /** Milliseconds that a run is kept when it has ended; while it goes on at least 20 seconds. @defaultValue 300000 */
  readonly keepFor?: number;
}

/** What followers are told of a run whose producer was unsubscribed from. */
const left: WrittenChunk = {
  type: 'error',
  error: {
    name: 'StreamInterruptedError',
    message: 'The program that produced this run has left it',
    retryable: true,
  },
};

/**
 * Writes an answer to Redis while it passes it on, so that any server can follow it, resume it or stop it.
 *
 * Chunks are passed on at once and in order; Redis never slows the model down. While a write is under way neighbouring
 * deltas become one, as {@link drainTo} joins them, so that what waits is no more than the text. The end comes when
 * everything is written. Each name is for one run: where there is one already, also one that has ended and is still
 * kept, no request is made.
 *
 * A stop that somebody asks for by {@link stopRun} is seen within half a second, and ends the run as
 * {@link interruptOn} does. Unsubscribing aborts the request and tells followers so; therefore subscribe to it apart
 * from the connection of the client that asked, and let that one follow, too.
 *
 * ```text
 * source:  s-a-b-c-f|                 s: start, a b c: text, f: finish
 * Redis:   S---A---B---E              each write takes 4 ms; S: [s], A: [ab], B: [c f], E: the end
 * result:  s-a-b-c-f-------|          publishTo(client, 'run')
 * ```
 *
 * Errors with what the source errors with, once that is written; with {@link SinkError} of the code `CONFLICT` where
 * there is such a run. Where Redis cannot be reached at the beginning, it errors before a request is made; where it fails
 * later, the answer is passed on to its end, and the error comes then. How long a lost connection is borne is for the
 * client to say, by `maxRetriesPerRequest`, but no command waits longer than 30 seconds; nothing is written twice.
 *
 * @example
 * ```ts
 * app.post('/chat/:run', async (context) => {
 *   const { messages } = await context.req.json();
 *   const run = context.req.param('run');
 *   model.stream({ messages }).pipe(publishTo(redis, run)).subscribe({ error: console.error });
 *   return context.body(null, 202);
 * });
 * app.get('/chat/:run', (context) =>
 *   toResponse(subscribeFrom(redis, context.req.param('run'), context.req.header('last-event-id'))),
 * );
 * ```
 *
 * @see {@link subscribeFrom} to follow it.
 * @see {@link redisReplayStore} for runs that are recorded and followed by a `replayLog`.
 */
export function publishTo(
  client: RedisClient,
  id: string,
  options: PublishToOptions = {},
): MonoTypeOperatorFunction<StreamChunk> {
  const { keepFor = 300_000 } = options;
  checkNumber('publishTo', 'keepFor', keepFor, { min: 1, max: longestDelay, integer: true });

  return (source) =>
    defer(() => {
      const ending = pipe(withoutForeignErrors(), withEnd());
      const run = new RunWriter({ client, id, keepFor, writer: crypto.randomUUID() });
      return concat(run.begin(), writeRun(source, run, ending)).pipe(
        tap({ unsubscribe: () => run.leave(left) }),
      );
    });
}

/** Passes a stream on and writes it to a run that has begun; `ending` makes its end part of what is written. */
export function writeRun(
  source: Observable<StreamChunk>,
  run: RunWriter,
  ending: OperatorFunction<StreamChunk, WrittenChunk>,
): Observable<StreamChunk> {
  return defer(() => {
    let failure: { readonly error: unknown } | undefined;

    return concat(
      source.pipe(
        interruptOn(run.stopped),
        connect((chunks) =>
          merge(
            chunks.pipe(
              catchError((error: unknown) => {
                failure = { error };
                return EMPTY;
              }),
            ),
            chunks.pipe(
              ending as MonoTypeOperatorFunction<StreamChunk>,
              drainTo((written) => run.write(written), { onRestart: 'repeat', partial: false }),
              ignoreElements(),
            ),
          ),
        ),
      ),
      defer(() => {
        const known = failure ?? run.failure;
        return known ? throwError(() => known.error as Error) : EMPTY;
      }),
    );
  });
}
