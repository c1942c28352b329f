import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  endWith,
  exhaustMap,
  filter,
  finalize,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  type SchedulerLike,
  share,
  shareReplay,
  switchMap,
  take,
  takeWhile,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import { longestDelay } from '../operators/internal/deadline.ts';
import { interruptOn } from '../operators/interruptOn.ts';
import { checkNumber } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { InvalidRequestError, StreamInterruptedError } from '../src/errors.ts';
import type { LoggedChunk } from './format.ts';
import { readChunk, withEnd, type WrittenChunk } from './internal/jsonEvents.ts';
import { withoutForeignErrors } from './internal/writeBody.ts';
import { type LogEntry, memoryReplayStore, type ReplayStore } from './replayStore.ts';

/** How often a run says that it goes on, and how long the followers in other processes wait for that, in milliseconds. */
const beat = 15_000;
const patience = 60_000;

/** Options of {@link replayLog}. */
export interface ReplayLogOptions {
  /** Where the chunks are kept. @defaultValue memoryReplayStore() */
  readonly store?: ReplayStore;
  /**
   * Milliseconds that a run may go on, and is kept when it has ended, while nobody follows it.
   *
   * @defaultValue 60000
   */
  readonly keepFor?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** Where a follower begins. */
export interface FollowOptions {
  /** The `eventId` behind which it goes on, from the header `Last-Event-ID`. @defaultValue the beginning */
  readonly after?: string | null | undefined;
}

/** Runs that are recorded, from {@link replayLog}. */
export interface ReplayLog {
  /**
   * Starts a run under a name and follows it; where there is a run of that name it is followed, and the given stream not
   * subscribed to. With `after` no run is started: who has seen a part of one cannot be given another.
   *
   * A function is given what emits when the run is to stop, and ends its stream itself, as an agent does.
   */
  record(
    run: string,
    chunks$: Observable<StreamChunk> | ((stopped: Observable<unknown>) => Observable<StreamChunk>),
    options?: FollowOptions,
  ): Observable<LoggedChunk>;
  /** Follows a run: what is recorded behind `after`, then what comes. */
  follow(run: string, options?: FollowOptions): Observable<LoggedChunk>;
  /** Asks a run to stop as {@link interruptOn} does, and emits whether there is one. */
  stop(run: string): Observable<boolean>;
}

/**
 * Records runs while they are followed, so that a client that was cut off, or reloads, gets the rest of its answer.
 *
 * To a server a reload and a click on "Stop" are the same: the connection closes. So leaving a recorded run does not abort
 * it; `stop` does, gracefully, and all followers see the `finish` with reason `aborted`. A run that nobody follows for
 * `keepFor` is aborted, and its log forgotten, as is that of a run that has ended.
 *
 * Every chunk carries an `eventId`, which {@link sse} writes as the id of its event. A client that connects again sends
 * the last one it has seen; {@link fromServerSentEvents} and `EventSource` do so by themselves.
 *
 * ```text
 * source:   s-a-b-c-f|           s: start, a b c: text, f: finish
 * record:   s-a!                 log.record('run', source), leaves after a
 * follow:       --bc-(f|)        log.follow('run', { after: idOfA })
 * ```
 *
 * A run belongs to the process that started it, and followers are counted there. It says every 15 seconds that it goes on;
 * where one is followed that has said nothing for a minute, since its process has died, it is forgotten, and the next
 * `record` of its name starts anew. Names are to be hard to guess, since whoever knows one can read the run.
 *
 * Both error with what the run or the store failed with, with {@link InvalidRequestError} where there is no such run, and
 * with {@link StreamInterruptedError} where it was lost with its process.
 *
 * @example
 * ```ts
 * const log = replayLog();
 *
 * app.post('/chat/:run', async (context) => {
 *   const { messages } = await context.req.json();
 *   const after = context.req.header('last-event-id');
 *   return toResponse(log.record(context.req.param('run'), model.stream({ messages }), { after }));
 * });
 * app.delete('/chat/:run', async (context) => {
 *   return context.json(await firstValueFrom(log.stop(context.req.param('run'))));
 * });
 * ```
 */
export function replayLog(options: ReplayLogOptions = {}): ReplayLog {
  const { store = memoryReplayStore(), keepFor = 60_000, scheduler = asyncScheduler } = options;
  checkNumber('replayLog', 'keepFor', keepFor, { max: longestDelay });
  /** The runs that were asked for in this process; each emits whether it is recorded here, and is held by its followers. */
  const running = new Map<string, Observable<boolean>>();

  const forget = (run: string) => {
    store.remove(chunksOf(run));
    store.remove(controlOf(run));
  };

  /** What records a run, and says that it goes on while its source is silent. */
  const produce = (run: string, claim: string, source: Parameters<ReplayLog['record']>[1]) => {
    const control = store.follow(controlOf(run), claim);
    const stopped = control.pipe(filter(({ value }) => value === 'stop'));
    const chunks$ =
      typeof source === 'function' ? defer(() => source(stopped)) : source.pipe(interruptOn(stopped));
    const recorded = chunks$.pipe(
      withoutForeignErrors(),
      withEnd(),
      concatMap((chunk) => store.append(chunksOf(run), chunk)),
      ignoreElements(),
      endWith('over' as const),
    );
    const alive = interval(beat, scheduler).pipe(
      exhaustMap(() => defer(() => store.append(controlOf(run), 'alive')).pipe(catchError(() => EMPTY))),
      ignoreElements(),
    );
    return merge(recorded, alive).pipe(take(1), ignoreElements());
  };

  const createRun = (run: string, source: Parameters<ReplayLog['record']>[1]) => {
    // The first entry tells whose run it is, also among several processes. Asked for to the end, whoever leaves: a claim
    // that nobody knows of would be in the way of the next.
    const claim = defer(() => store.append(controlOf(run), 'record')).pipe(
      concatMap((mine) =>
        from(store.read(controlOf(run))).pipe(
          map((entries) => (entries.find(isClaim)?.id === mine ? mine : undefined)),
        ),
      ),
      shareReplay({ bufferSize: 1, refCount: false }),
    );
    return claim.pipe(
      concatMap((mine) =>
        mine === undefined
          ? of(false)
          : // Its end is that it is forgotten.
            concat(of(true), produce(run, mine, source), NEVER).pipe(finalize(() => forget(run))),
      ),
      finalize(() => running.delete(run)),
      share({
        connector: () => new ReplaySubject<boolean>(1),
        // A claim that fails, or is another's, ends the run by itself.
        resetOnRefCountZero: () => claim.pipe(concatMap(() => timer(keepFor, scheduler))),
      }),
    );
  };

  /** Follows a run of another process, as long as that shows that it lives. */
  const followOther = (run: string, chunks: Observable<LogEntry>): Observable<LogEntry> =>
    defer(() => store.read(controlOf(run))).pipe(
      concatMap((entries) =>
        entries.some(isClaim)
          ? merge(chunks, store.follow(controlOf(run)).pipe(map(() => undefined)))
          : unknownRun(run),
      ),
      timeout({
        each: patience,
        scheduler,
        with: () => {
          forget(run);
          return throwError(() => lostRun(run));
        },
      }),
      filter((entry) => entry !== undefined),
    );

  const follow = (run: string, { after }: FollowOptions = {}): Observable<LoggedChunk> =>
    defer(() => {
      const chunks = store.follow(chunksOf(run), ...(after ? [after] : []));
      return (running.get(run) ?? of(false)).pipe(
        switchMap((isHere) => (isHere ? chunks : followOther(run, chunks))),
      );
    }).pipe(
      map(({ id, value }) => readChunk(value as WrittenChunk, id)),
      takeWhile((chunk) => chunk !== undefined),
    );

  return {
    follow,
    record: (run, chunks$, { after } = {}) => {
      if (after) return follow(run, { after });
      return defer(() => {
        if (!running.has(run)) running.set(run, createRun(run, chunks$));
        return follow(run);
      });
    },
    stop: (run) =>
      defer(() => store.read(controlOf(run))).pipe(
        concatMap((entries) =>
          entries.some(isClaim)
            ? from(store.append(controlOf(run), 'stop')).pipe(map(() => true))
            : of(false),
        ),
      ),
  };
}

function isClaim({ value }: LogEntry): boolean {
  return value === 'record';
}

function controlOf(run: string): string {
  return `control/${run}`;
}

function chunksOf(run: string): string {
  return `chunks/${run}`;
}

function unknownRun(run: string): Observable<never> {
  return throwError(
    () => new InvalidRequestError(`There is no run ${JSON.stringify(run)}: it never began, or is forgotten`),
  );
}

function lostRun(run: string): StreamInterruptedError {
  return new StreamInterruptedError(
    `The run ${JSON.stringify(run)} was lost: who records it has said nothing for a minute`,
  );
}
