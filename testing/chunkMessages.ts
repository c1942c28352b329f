import type { TestScheduler } from 'rxjs/testing';
import { type ErrorDetails, StreamInterruptedError } from '../src/errors.ts';
import { brokenOff, type ChunkValues, fakeOrigin, text } from './chunkDraft.ts';
import { ChunkWriter } from './chunkWriter.ts';

/** One notification at its frame, as the `TestScheduler` keeps it. */
export type TestMessage = ReturnType<typeof TestScheduler.parseMarbles>[number];

/**
 * The class of the scheduler that a test handed in.
 *
 * Asked of the scheduler rather than imported: where a program has RxJS twice, its frames are those of this one.
 */
function schedulerClass(scheduler: TestScheduler): typeof TestScheduler {
  return scheduler.constructor as typeof TestScheduler;
}

/** The frames of `^` and `!`; without them from the beginning, and for ever. */
export function toFrames(
  scheduler: TestScheduler,
  subscription: string,
): { readonly from: number; readonly to: number } {
  const { subscribedFrame, unsubscribedFrame } = schedulerClass(scheduler).parseMarblesAsSubscriptions(
    subscription,
    true,
  );
  return { from: subscribedFrame === Number.POSITIVE_INFINITY ? 0 : subscribedFrame, to: unsubscribedFrame };
}

/** The notifications that a diagram of chunks stands for. */
export function toChunkMessages(
  scheduler: TestScheduler,
  diagram: string,
  values: ChunkValues = {},
  error?: unknown,
  origin: { readonly provider: string; readonly model: string } = fakeOrigin,
): TestMessage[] {
  checkDiagram(diagram);
  checkValues(values);
  const writer = new ChunkWriter(origin);
  const at = (frame: number) => (value: unknown) => ({ frame, notification: { kind: 'N', value } }) as const;

  return schedulerClass(scheduler)
    .parseMarbles(diagram, undefined, undefined, undefined, true)
    .flatMap((message): TestMessage[] => {
      const { frame, notification } = message;
      switch (notification.kind) {
        case 'C':
          return [...writer.complete(frame).map(at(frame)), message];
        case 'E': {
          const { partial } = writer;
          const details = { provider: origin.provider, partial: () => partial };
          return [{ frame, notification: { kind: 'E', error: toError(error, details) } }];
        }
        case 'N': {
          const character = notification.value as string;
          const drafts = Object.hasOwn(values, character) ? values[character] : text(character);
          try {
            return [drafts ?? []]
              .flat()
              .flatMap((draft) => writer.write(draft, frame))
              .map(at(frame));
          } catch (error) {
            throw new Error(`${(error as Error).message}\n  in '${diagram}' at ${frame} ms`, {
              cause: error,
            });
          }
        }
      }
    });
}

/** RxJS would read a diagram with an open group, or with something behind its end, as another than it looks. */
function checkDiagram(diagram: string): void {
  const isGrouped = /^(?:[^()]|\([^()]*\))*$/u.test(diagram);
  if (!isGrouped) throw new RangeError(`A group of the diagram '${diagram}' is not opened or not closed`);
  if (/[|#].*[^\s)-]/u.test(diagram)) {
    throw new RangeError(`Something is drawn behind the end of the diagram '${diagram}'`);
  }
}

/** A name that no character of a diagram can be would be ignored without a word. */
function checkValues(values: ChunkValues): void {
  const wrong = Object.keys(values).find(
    (name) => Array.from(name).length !== 1 || ' -|#^!()'.includes(name),
  );
  if (wrong === undefined) return;
  throw new RangeError(
    `values: a name must be one character, and none of -|#^!(), not ${JSON.stringify(wrong)}`,
  );
}

function toError(error: unknown, details: ErrorDetails): unknown {
  if (typeof error === 'function') return (error as (details: ErrorDetails) => unknown)(details);
  return error ?? new StreamInterruptedError(brokenOff, details);
}
