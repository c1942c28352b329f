import { defer, type Observable } from 'rxjs';
import { configure, type Context } from 'rxjs-marbles';
import { expect, it as vitestIt } from 'vitest';

const { marbles } = configure({
  run: true,
  frameworkMatcher: true,
  assertDeepEqual: (actual: unknown, expected: unknown) => expect(actual).toStrictEqual(expected),
});

/** A test in virtual time: one dash of a diagram is one millisecond. */
export function it(name: string, body: (m: Context) => void): void {
  vitestIt(name, marbles(body));
}

/** A source whose nth subscriber gets the nth of the given observables. */
export function inTurn<T>(...sources: readonly Observable<T>[]): Observable<T> {
  const turns = sources.values();
  return defer(() => {
    const { value, done } = turns.next();
    if (done) throw new Error('subscribed to more often than there are sources');
    return value;
  });
}
