import assert from 'node:assert/strict';
import { TestScheduler } from 'rxjs/testing';
import { retryStream } from '../../operators/retryStream.ts';
import { assertTextAtRestart, assertTimelines, chunkMarbles, inVirtualTime } from '../../testing/index.ts';

/** Tests of the kit that any runner can run: a name, and a function that throws where it fails. */
export const cases: Readonly<Record<string, () => void>> = {
  'plays a script in virtual time': inVirtualTime(({ fakeModel, expectChunks, flush }) => {
    const model = fakeModel(['--H-i 10s j|']);

    expectChunks(model.stream('Hello')).toBe('--H-i 10s j|');
    flush();
    assert.equal(model.calls[0]?.unsubscribedFrame, 10_006);
  }),

  'tells what was on the screen when the retry came': inVirtualTime(
    ({ fakeModel, recordTimeline, flush }) => {
      const model = fakeModel(['-H-#', '-H-i|']);
      const screen = recordTimeline(model.stream('Hello').pipe(retryStream()));
      flush();

      assertTextAtRestart(screen, 'H');
      assert.equal(screen.textAt(9_999), 'Hi');
    },
  ),

  'fails readably with a TestScheduler of its own': () => {
    const scheduler = new TestScheduler(assertTimelines);
    const test = () =>
      scheduler.run(() => {
        const { coldChunks, expectChunks } = chunkMarbles(scheduler);
        expectChunks(coldChunks('--H|')).toBe('--h|');
      });

    assert.throws(
      test,
      /^Error: The timelines differ at 2 ms\n\n {2}ms {10}2 {3}3\n {2}expected {2}--\(sh\)/u,
    );
  },
};
