import { type MonoTypeOperatorFunction, ReplaySubject, share } from 'rxjs';

/**
 * Lets many subscribers, late ones too, watch one request.
 *
 * Everything is replayed to whoever comes later, also after the end and after an error. When the last subscriber
 * leaves before the end, the request is aborted; whoever subscribes after that makes a new one.
 *
 * ```text
 * source:  s-a-----b-f|        s: start, a b: text, f: finish
 * run:     s-a-----b-f|        shareRun()
 * late:       (sa)-b-f|        run, one request for both
 * ```
 *
 * Errors with what the source errors with. Unsubscribing the last subscriber unsubscribes from the source. All
 * chunks are kept in memory while somebody holds the result.
 *
 * @example
 * ```ts
 * const run = model.stream('Tell me a joke').pipe(shareRun());
 * run.pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * const response = await firstValueFrom(run.pipe(collectResponse()));
 * ```
 */
export function shareRun<T>(): MonoTypeOperatorFunction<T> {
  return share({
    connector: () => new ReplaySubject<T>(Number.POSITIVE_INFINITY),
    resetOnComplete: false,
    resetOnError: false,
    resetOnRefCountZero: true,
  });
}
