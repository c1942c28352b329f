import { defer, type Observable } from 'rxjs';
import { configure, type Context } from 'rxjs-marbles';
import { expect, it as vitestIt } from 'vitest';
import { assertTimelines, type ChunkMarbles, chunkMarbles } from '../testing/index.ts';

const { marbles } = configure({ run: true, frameworkMatcher: true, assertDeepEqual });

/**
 * What a test is given: the tools of rxjs-marbles, and beside them those for chunks.
 *
 * Where chunks are expected, errors are compared by all that they tell.
 */
export type Marbles = Context & ChunkMarbles;

/** A test in virtual time: one dash of a diagram is one millisecond. */
export function it(name: string, body: (m: Marbles) => void): void {
  vitestIt(
    name,
    marbles((m: Context) => {
      const tools = chunkMarbles(m.scheduler);
      const expectChunks: typeof tools.expectChunks = (...args) => {
        // Of errors, rxjs-marbles would hand over the name and the message alone.
        Object.assign(m.scheduler, { assertDeepEqual });
        return tools.expectChunks(...args);
      };
      body(Object.assign(m, tools, { expectChunks }));
    }),
  );
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

function assertDeepEqual(actual: unknown, expected: unknown): void {
  assertTimelines(actual, expected);
  // Vitest counts only what `expect` does.
  expect(actual).toBeInstanceOf(Array);
}
