import {
  endWith,
  identity,
  ignoreElements,
  merge,
  type MonoTypeOperatorFunction,
  take,
  takeWhile,
  tap,
} from 'rxjs';
import { type StopNotifier, toStop } from '../../operators/internal/stopNotifier.ts';

const end = Symbol('end');

/** Listens to the notifier, where there is one, as long as the stream lasts, and aborts; fails with either. */
export function listenTo<T>(
  notifier: StopNotifier | undefined,
  stop: AbortController,
): MonoTypeOperatorFunction<T> {
  if (notifier === undefined) return identity;
  const stopped = toStop(notifier).pipe(
    take(1),
    tap(() => stop.abort()),
    ignoreElements(),
  );
  return (source) =>
    merge(stopped, source.pipe(endWith(end))).pipe(takeWhile((value): value is T => value !== end));
}
