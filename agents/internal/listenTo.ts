import { endWith, ignoreElements, merge, type MonoTypeOperatorFunction, take, takeWhile, tap } from 'rxjs';
import { type StopNotifier, toStop } from '../../operators/internal/stopNotifier.ts';

const end = Symbol('end');

/** Listens to the notifier as long as the stream lasts; fails with either. */
export function listenTo<T>(notifier: StopNotifier, onStop: () => void): MonoTypeOperatorFunction<T> {
  const stop = toStop(notifier).pipe(take(1), tap(onStop), ignoreElements());
  return (source) =>
    merge(stop, source.pipe(endWith(end))).pipe(takeWhile((value): value is T => value !== end));
}
