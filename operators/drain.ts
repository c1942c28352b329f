import {
  asyncScheduler,
  BehaviorSubject,
  defer,
  finalize,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  type SchedulerLike,
  Subject,
  takeWhile,
  tap,
  timer,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { GuardError } from '../src/errors.ts';
import { longestDelay } from './internal/deadline.ts';
import { interruptOn } from './interruptOn.ts';

/** Options of {@link drain}. */
export interface DrainOptions {
  /** Milliseconds that running streams have to end by themselves. */
  readonly timeout: number;
  /** Whether a stream that is interrupted then finishes with reason `aborted`, or fails. @defaultValue 'finish' */
  readonly as?: 'finish' | 'error';
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** The streams of a server and the way to end them, from {@link drain}. */
export interface Drain {
  /** The operator behind which a stream counts as running; one for each stream or one for all. */
  track(): MonoTypeOperatorFunction<StreamChunk>;
  /**
   * Begins to drain when it is subscribed to. Emits the number of running streams, now and at each end, and completes
   * when it is 0.
   */
  start(): Observable<number>;
}

/**
 * Lets the running streams of a server end before it stops, and interrupts those that take too long.
 *
 * Put `track()` behind all that belongs to a stream, agent and tools included: it counts from subscription to the end.
 * Once `start()` is subscribed to, further streams are refused without a request. After `timeout` the running ones are
 * interrupted as by {@link interruptOn}: aborted, then finished with reason `aborted`, so that the reader keeps what
 * has come. A drain cannot be taken back. Which signal of the process starts it is the server's affair.
 *
 * ```text
 * one:     s-a-b-f|             one.pipe(draining.track()), s: start, a b c: text, f: finish
 * two:     s-a-b-c-b--(F|)      two.pipe(draining.track()), F: finish, reason 'aborted'
 * start:      2---1---(0|)      draining.start(), draining = drain({ timeout: 8 }), 2: 2, 1: 1, 0: 0
 * ```
 *
 * A tracked stream errors with what the source errors with; with `as: 'error'` with {@link StreamAbortedError} when it
 * is interrupted; with {@link GuardError}, code `draining`, when it is refused. `start()` does not error. Unsubscribing
 * from it stops the wait: nobody is interrupted then, and further streams are still refused.
 *
 * @example
 * ```ts
 * const draining = drain({ timeout: 20_000 });
 * const answer = (prompt: string) => model.stream(prompt).pipe(draining.track());
 * process.once('SIGTERM', () => draining.start().subscribe({ complete: () => server.close() }));
 * ```
 */
export function drain(options: DrainOptions): Drain {
  const { timeout, as = 'finish', scheduler = asyncScheduler } = options;
  checkNumber('drain', 'timeout', timeout);
  checkOneOf('drain', 'as', as, ['finish', 'error']);
  if ((timeout as number | undefined) === undefined) throw new TypeError('drain: timeout must be given');

  // Shared by all streams: that is what it is for.
  const running = new BehaviorSubject(0);
  const interrupts = new Subject<void>();
  let isDraining = false;

  return {
    track: () => (source) =>
      defer(() => {
        if (isDraining) {
          throw new GuardError('The server is about to stop and takes no further stream', {
            code: 'draining',
          });
        }
        running.next(running.value + 1);
        return source.pipe(
          interruptOn(interrupts, { as }),
          finalize(() => running.next(running.value - 1)),
        );
      }),
    start: () =>
      defer(() => {
        isDraining = true;
        const interrupt = timer(Math.min(timeout, longestDelay), scheduler).pipe(
          tap(() => interrupts.next()),
          ignoreElements(),
        );
        return merge(running, interrupt).pipe(takeWhile((count) => count > 0, true));
      }),
  };
}
