import {
  concat,
  defer,
  EMPTY,
  from,
  type MonoTypeOperatorFunction,
  type Observable,
  takeUntil,
  takeWhile,
  tap,
} from 'rxjs';
import { checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { StreamAbortedError } from '../src/errors.ts';
import { OpenCall } from './internal/openCall.ts';
import { isSignal, type StopNotifier, toStop } from './internal/stopNotifier.ts';
import { Turnstile } from './internal/turnstile.ts';

/** What {@link interruptOn} listens to. */
export type InterruptNotifier = StopNotifier | ((chunk: StreamChunk) => boolean);

/** Options of {@link interruptOn}. */
export interface InterruptOnOptions {
  /** Whether the stream then finishes with reason `aborted`, or fails. @defaultValue 'finish' */
  readonly as?: 'finish' | 'error';
  /** Whether the error tells what had arrived; `false` keeps nothing. @defaultValue true */
  readonly partial?: boolean;
}

/**
 * Stops the stream gracefully when somebody says so: a stop button, an `AbortSignal`, a chunk.
 *
 * Unsubscribing would lose the end: no `finish`, no usage, and a tool call cut in the middle makes the conversation
 * unusable. Here the request is aborted, open tool calls are closed as `tool-call-invalid`, the usage known so far is
 * told again as `partial`, and `finish` has the reason `aborted`; so the answer up to here can be kept and sent back.
 * Where no call is open there is nothing to finish, and the stream just completes: before the first `start`, between
 * `restart` and the next attempt, behind a `finish`.
 *
 * The notifier is an Observable or Promise (its first emission stops, its completion does not), an `AbortSignal`, or
 * a function of the chunk: the chunk for which it is true is still delivered. Where the notifier has fired before
 * subscription the source is not subscribed to, so there is no request. It stands behind {@link retryStream}, since
 * during the wait for the next attempt nobody else hears it, and before {@link executeTools}, which it lets answer.
 *
 * ```text
 * source:  --s--a--b--c--f|         s: start, a b c: text, f: finish
 * stop:    ----------x
 * result:  --s--a--b-(F|)           interruptOn(stop), F: finish, reason 'aborted'
 * ```
 *
 * Errors with what the source, the notifier or the function errors with; with `as: 'error'` with
 * {@link StreamAbortedError} in place of the end, whose `cause` is the reason of the signal. Unsubscribing aborts too
 * and takes the listener off the signal.
 *
 * @example
 * ```ts
 * model.stream('Tell me a story').pipe(interruptOn(fromEvent(stopButton, 'click')), selectText());
 * ```
 *
 * @see {@link withTimeout} to fail when nothing arrives.
 */
export function interruptOn(
  notifier: InterruptNotifier,
  options: InterruptOnOptions = {},
): MonoTypeOperatorFunction<StreamChunk> {
  const { as = 'finish', partial = true } = options;
  checkOneOf('interruptOn', 'as', as, ['finish', 'error']);
  const stopWith = toOperator(notifier);

  return (source) =>
    defer(() => {
      const call = new OpenCall(as === 'finish' ? 'ends' : partial ? 'all' : 'nothing');
      let isStopped = false;

      const end = (): Observable<StreamChunk> => {
        if (isStopped && as === 'error') {
          throw new StreamAbortedError('The stream was stopped', {
            ...call.details,
            ...(isSignal(notifier) && { cause: notifier.reason as unknown }),
          });
        }
        return isStopped ? from(call.finish('aborted')) : EMPTY;
      };

      return concat(
        source.pipe(
          tap((chunk) => call.take(chunk)),
          stopWith(() => (isStopped = true)),
        ),
        defer(end),
      ).pipe(new Turnstile().pass());
    });
}

/** Completes a stream when the notifier fires, having called `onStop`. */
function toOperator(
  notifier: InterruptNotifier,
): (onStop: () => void) => MonoTypeOperatorFunction<StreamChunk> {
  if (Object(notifier) !== notifier) {
    throw new TypeError(
      `interruptOn: notifier must be an Observable, AbortSignal or function, not ${String(notifier as unknown)}`,
    );
  }
  if (typeof notifier === 'function') {
    return (onStop) =>
      takeWhile((chunk) => {
        const isLast = notifier(chunk);
        if (isLast) onStop();
        return !isLast;
      }, true);
  }
  const stop = toStop(notifier);
  return (onStop) => takeUntil(stop.pipe(tap(onStop)));
}
