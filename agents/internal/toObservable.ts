import { from, isObservable, type Observable, of } from 'rxjs';
import { isPromise } from '../../operators/internal/toolRun.ts';

/** A value, now or later; synchronously where it is there. */
export function toObservable<T>(value: T | PromiseLike<T> | Observable<T>): Observable<T> {
  return isObservable(value) ? value : isPromise(value) ? from(value) : of(value);
}
