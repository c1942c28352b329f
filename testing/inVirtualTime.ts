import { type RunHelpers, TestScheduler } from 'rxjs/testing';
import { assertTimelines } from './assertTimelines.ts';
import { chunkMarbles, type ChunkMarbles } from './chunkMarbles.ts';

/** What a test of {@link inVirtualTime} is given: the run helpers of RxJS and those for chunks. */
export interface VirtualTime extends RunHelpers, ChunkMarbles {
  readonly scheduler: TestScheduler;
}

/**
 * Makes a test that runs in virtual time, for any test runner.
 *
 * It is `new TestScheduler(assertTimelines).run(…)` with the tools of {@link chunkMarbles} beside those of RxJS. All
 * RxJS time inside is virtual and begins at 0. What is expected is compared when the body returns, or at `flush`. A
 * Promise does not settle in virtual time, so a body that returns one is an error.
 *
 * @example
 * ```ts
 * it('reads the answer', inVirtualTime(({ fakeModel, expectObservable }) => {
 *   const model = fakeModel(['--H-i|']);
 *
 *   expectObservable(model.stream('Hello').pipe(selectText())).toBe('--H-i|');
 * }));
 * ```
 */
export function inVirtualTime<Rest extends readonly unknown[]>(
  body: (time: VirtualTime, ...rest: Rest) => void,
): (...rest: Rest) => void {
  return (...rest) => {
    const scheduler = new TestScheduler(assertTimelines);
    scheduler.run((helpers) => {
      const run: (...args: Parameters<typeof body>) => unknown = body;
      const returned = run({ ...helpers, ...chunkMarbles(scheduler), scheduler }, ...rest);
      if (returned instanceof Promise) {
        throw new TypeError(
          'inVirtualTime: the body must not be async; nothing waits for a Promise in virtual time',
        );
      }
    });
  };
}
