import { from, isObservable, type Observable, of } from 'rxjs';

/** A value, now or later; synchronously where it is there. */
export function toObservable<T>(value: T | PromiseLike<T> | Observable<T>): Observable<T> {
  return isObservable(value) ? value : isPromise(value) ? from(value) : of(value);
}

/** Whether something has to be waited for. */
export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
