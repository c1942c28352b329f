import { defer, from, fromEvent, type Observable, type ObservableInput, of } from 'rxjs';

/** Says when to stop: by its first emission, or by its `abort` event. */
export type StopNotifier = ObservableInput<unknown> | AbortSignal;

/** The notifier as an Observable; a signal that has fired emits at once. */
export function toStop(notifier: StopNotifier): Observable<unknown> {
  return isSignal(notifier)
    ? defer(() => (notifier.aborted ? of(notifier) : fromEvent(notifier, 'abort')))
    : from(notifier);
}

/** Whether the notifier is an `AbortSignal`, of this realm or another. */
export function isSignal(notifier: unknown): notifier is AbortSignal {
  return typeof notifier === 'object' && notifier !== null && 'aborted' in notifier;
}
