import type { Observable, Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { ResponseBuilder } from '../src/response.ts';
import type { StreamChunk, ToolCallChunk } from '../src/chunk.ts';
import { type TestMessage, toFrames } from './chunkMessages.ts';
import { drawTimelines } from './drawTimelines.ts';

/** A complete tool call and when it came. */
export interface RecordedToolCall extends Omit<ToolCallChunk, 'type'> {
  readonly frame: number;
}

/** What a stream did and when, in milliseconds of virtual time, from {@link recordTimeline}. */
export interface Timeline {
  /** Every notification at its frame. */
  readonly messages: readonly TestMessage[];
  /** Every chunk, without its frame. */
  readonly chunks: readonly StreamChunk[];
  /** What the stream errored with; absent where it did not. */
  readonly error?: unknown;
  /** The text that a reader saw at the end of that frame: of all calls, without what a `restart` has voided. */
  textAt(frame: number): string;
  /** The text that a reader saw when the retry came, that is right before the nth `restart`, from 1. */
  textAtRestart(nth?: number): string;
  /** The complete tool calls, in order. */
  readonly toolCalls: readonly RecordedToolCall[];
  /** From subscription to the first content: `start`, `usage` and `raw` are none. */
  readonly timeToFirstChunk: number;
  /** The diagram, with what its characters stand for. */
  toString(): string;
}

/**
 * Writes down a stream in virtual time, to ask afterwards what a reader saw at which moment.
 *
 * It subscribes when the test's time begins, or at `^` of the second diagram, and unsubscribes at `!`. The timeline is
 * empty before the scheduler has been flushed, and asking it then throws.
 *
 * @example
 * ```ts
 * const screen = recordTimeline(scheduler, coldChunks('--H-#').pipe(retryStream({ count: 1 })));
 * scheduler.flush();
 * screen.textAt(3); // 'H'
 * ```
 *
 * @see {@link assertTextAt} and its like for what is asked most.
 */
export function recordTimeline(
  scheduler: TestScheduler,
  stream: Observable<StreamChunk>,
  subscription = '^',
): Timeline {
  const timeline = new Recording();
  const { from, to } = toFrames(scheduler, subscription);
  let open: Subscription | undefined;
  scheduler.schedule(() => {
    open = timeline.subscribeTo(stream, scheduler);
  }, from);
  if (to !== Number.POSITIVE_INFINITY) scheduler.schedule(() => open?.unsubscribe(), to);
  return timeline;
}

class Recording implements Timeline {
  readonly #messages: TestMessage[] = [];
  #subscribedFrame: number | undefined;

  subscribeTo(stream: Observable<StreamChunk>, scheduler: TestScheduler): Subscription {
    this.#subscribedFrame = scheduler.frame;
    const take = (notification: TestMessage['notification']) =>
      this.#messages.push({ frame: scheduler.frame, notification });
    return stream.subscribe({
      next: (value) => take({ kind: 'N', value }),
      error: (error: unknown) => take({ kind: 'E', error }),
      complete: () => take({ kind: 'C' }),
    });
  }

  get messages(): readonly TestMessage[] {
    if (this.#subscribedFrame === undefined) {
      throw new Error('recordTimeline: the stream has not been subscribed to yet; flush the scheduler first');
    }
    return this.#messages;
  }

  get chunks(): readonly StreamChunk[] {
    return this.#timed.map(([, chunk]) => chunk);
  }

  get error(): unknown {
    const last = this.messages.at(-1)?.notification;
    return last?.kind === 'E' ? (last.error as unknown) : undefined;
  }

  get toolCalls(): readonly RecordedToolCall[] {
    return this.#timed.flatMap(([frame, chunk]) => {
      if (chunk.type !== 'tool-call') return [];
      const { type: _, ...call } = chunk;
      return [{ frame, ...call }];
    });
  }

  get timeToFirstChunk(): number {
    const first = this.#timed.find(([, chunk]) => 'block' in chunk);
    if (!first) throw new Error(`There was no content\n\n${String(this)}`);
    return first[0] - (this.#subscribedFrame ?? 0);
  }

  textAt(frame: number): string {
    return textOf(this.#timed.filter(([at]) => at <= frame).map(([, chunk]) => chunk));
  }

  textAtRestart(nth = 1): string {
    const { chunks } = this;
    const places = chunks.flatMap(({ type }, index) => (type === 'restart' ? [index] : []));
    const place = places[nth - 1];
    if (place === undefined) {
      throw new Error(`There is no restart number ${nth}, only ${places.length}\n\n${String(this)}`);
    }
    return textOf(chunks.slice(0, place));
  }

  toString(): string {
    return drawTimelines([{ label: '', messages: this.messages }]);
  }

  get #timed(): (readonly [frame: number, chunk: StreamChunk])[] {
    return this.messages.flatMap(({ frame, notification }) =>
      notification.kind === 'N' ? [[frame, notification.value as StreamChunk] as const] : [],
    );
  }
}

/** The text of all calls, as accumulateText has it. */
function textOf(chunks: readonly StreamChunk[]): string {
  const response = new ResponseBuilder();
  let before = '';
  for (const chunk of chunks) {
    if (chunk.type === 'start') before += response.partial.text;
    response.add(chunk);
  }
  return before + response.partial.text;
}
