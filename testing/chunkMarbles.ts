import { Observable, type Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { StreamChunk } from '../src/chunk.ts';
import type { ChunkError, ChunkValues } from './chunkDraft.ts';
import { type TestMessage, toChunkMessages, toFrames } from './chunkMessages.ts';
import { fakeModel, type FakeModel, type FakeModelOptions } from './fakeModel.ts';
import type { FakeScript } from './fakeRounds.ts';
import { recordTimeline, type Timeline } from './recordTimeline.ts';

/** A stream of a diagram; `subscriptions` are for `expectSubscriptions` and `toHaveSubscriptions`. */
export type TestChunks = ReturnType<typeof TestScheduler.prototype.createColdObservable<StreamChunk>>;

/** A hot stream of a diagram. */
export type HotTestChunks = ReturnType<typeof TestScheduler.prototype.createHotObservable<StreamChunk>>;

/** The tools of a marble test of chunks, from {@link chunkMarbles}. */
export interface ChunkMarbles {
  /** A stream of a diagram that begins when it is subscribed to. */
  readonly coldChunks: (diagram: string, values?: ChunkValues, error?: ChunkError) => TestChunks;
  /** A stream of a diagram that runs whether or not somebody listens; `^` is frame 0. */
  readonly hotChunks: (diagram: string, values?: ChunkValues, error?: ChunkError) => HotTestChunks;
  /** Expects a stream, subscribed to from `^` to `!` of the second diagram if there is one, to be that of a diagram. */
  readonly expectChunks: (stream: Observable<StreamChunk>, subscription?: string) => ChunkExpectation;
  /** A {@link fakeModel} in this test's time. */
  readonly fakeModel: (script: FakeScript, options?: FakeModelOptions) => FakeModel;
  /** A {@link recordTimeline} in this test's time. */
  readonly recordTimeline: (stream: Observable<StreamChunk>, subscription?: string) => Timeline;
}

/** What {@link ChunkMarbles.expectChunks} expects. */
export interface ChunkExpectation {
  readonly toBe: (diagram: string, values?: ChunkValues, error?: ChunkError) => void;
}

/**
 * Marble diagrams of chunks, in the virtual time of a test's scheduler.
 *
 * The diagram is that of RxJS' run mode; every character is a piece of text, or what `values` says. What follows from
 * the grammar of {@link StreamChunk} need not be drawn: a `start` comes before the first chunk of a call, a `finish`
 * before `|`, blocks are numbered, a result finds its call. The same notation is what is expected. All chunks of a
 * character come in one frame and take one: other than a group `(ab)`, which takes four.
 *
 * ```text
 * diagram:  --H-i-|             chunkMarbles(scheduler).coldChunks('--H-i-|')
 * chunks:   --(sH)-i-(f|)       s: start, H i: text of block 0, f: finish with reason stop
 * ```
 *
 * Made for the scheduler of `new TestScheduler(assertTimelines)`, inside or outside of its `run`, and for that of
 * rxjs-marbles, `m.scheduler`. It knows no test runner and no real clock.
 *
 * @example
 * ```ts
 * it('reads the text', marbles((m) => {
 *   const { coldChunks, expectChunks } = chunkMarbles(m.scheduler);
 *   const values = { a: text('<think>hm'), H: text('</think>H'), t: thinking('hm') };
 *   expectChunks(coldChunks('--a-H-i|', values).pipe(splitThinking())).toBe('--t-H-i|', { t: thinking('hm') });
 * }));
 * ```
 *
 * @see {@link inVirtualTime} for a test without rxjs-marbles.
 */
export function chunkMarbles(scheduler: TestScheduler): ChunkMarbles {
  return {
    coldChunks: (diagram, values, error) => {
      const cold = scheduler.createColdObservable<StreamChunk>('');
      cold.messages = toChunkMessages(scheduler, diagram, values, error);
      return cold;
    },
    hotChunks: (diagram, values, error) => {
      const hot = scheduler.createHotObservable<StreamChunk>('');
      hot.messages = toChunkMessages(scheduler, diagram, values, error);
      return hot;
    },
    expectChunks: (stream, subscription = '^') => {
      const { from, to } = toFrames(scheduler, subscription);
      let open: Subscription | undefined;
      const held = new Observable<StreamChunk>((subscriber) => (open = stream.subscribe(subscriber)));
      // With `toEqual` the scheduler unsubscribes at `!` from the wrong one of its two streams.
      const expectation = scheduler.expectObservable(held, subscription.replace('!', ''));
      if (to !== Number.POSITIVE_INFINITY) scheduler.schedule(() => open?.unsubscribe(), to);
      let isTold = false;
      scheduler.schedule(() => {
        if (!isTold) throw new Error('expectChunks: what is expected is missing; call toBe(diagram)');
      });
      return {
        toBe: (diagram, values, error) => {
          isTold = true;
          const expected = scheduler.createColdObservable<StreamChunk>('');
          expected.messages = sinceFrame(from, toChunkMessages(scheduler, diagram, values, error));
          expectation.toEqual(expected);
        },
      };
    },
    fakeModel: (script, options) => fakeModel(scheduler, script, options),
    recordTimeline: (stream, subscription) => recordTimeline(scheduler, stream, subscription),
  };
}

/** The messages as they are for one who subscribes at that frame; the scheduler would run backwards for earlier ones. */
function sinceFrame(frame: number, messages: readonly TestMessage[]): TestMessage[] {
  return messages.map((message) => {
    if (message.frame < frame) {
      throw new Error(`Something is expected at ${message.frame} ms, before the subscription at ${frame} ms`);
    }
    return { ...message, frame: message.frame - frame };
  });
}
