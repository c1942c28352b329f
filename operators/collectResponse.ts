import {
  asyncScheduler,
  concat,
  defer,
  ignoreElements,
  type OperatorFunction,
  of,
  type SchedulerLike,
  tap,
} from 'rxjs';
import type { FinishReason, StreamChunk } from '../src/chunk.ts';
import type { PartialResponse } from '../src/message.ts';
import { ResponseBuilder } from '../src/response.ts';
import { addUsage, type Usage } from '../src/usage.ts';

/** Options of {@link collectResponse}. */
export interface CollectResponseOptions {
  /** Whether to keep all chunks in `chunks`. @defaultValue false */
  readonly chunks?: boolean;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** A whole response, from {@link collectResponse}. */
export interface CollectedResponse extends PartialResponse {
  readonly provider?: string;
  readonly model?: string;
  readonly responseId?: string;
  readonly requestId?: string;
  /** Absent where the stream completed without a model call. */
  readonly finishReason?: FinishReason;
  readonly rawReason?: string;
  /** Tokens of the calls that count; several calls are added up. `partial` where one was cut. */
  readonly usage?: Usage;
  /** Tokens of all calls, voided attempts included. */
  readonly billedUsage?: Usage;
  /** Moment of subscription, in milliseconds of the scheduler. */
  readonly startTime: number;
  /** Moment of completion. */
  readonly endTime: number;
  readonly durationMs: number;
  /** Milliseconds from subscription to the first content; absent where there was none. */
  readonly timeToFirstChunkMs?: number;
  /** How many chunks came, of every type. */
  readonly chunkCount: number;
  /** What only this provider tells, see {@link FinishChunk}. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** All of them, only by option. */
  readonly chunks?: readonly StreamChunk[];
}

/**
 * Emits the whole response, once, when the stream completes: content, usage, reason and times.
 *
 * Of several model calls the content is that of the last one, usage is that of all. A stream that completes without
 * a call gives an empty response.
 *
 * ```text
 * source:  s-a-b-f|             s: start, a b: text, f: finish
 * result:  -------(x|)          collectResponse(), x.text: 'ab'
 * ```
 *
 * Errors with what the source errors with; its `partial` is what had come. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * const { text, usage } = await firstValueFrom(model.stream('Tell me a joke').pipe(collectResponse()));
 * ```
 *
 * @see {@link accumulateResponse} for the response while it grows.
 */
export function collectResponse(
  options: CollectResponseOptions = {},
): OperatorFunction<StreamChunk, CollectedResponse> {
  const { chunks: keepsChunks = false, scheduler = asyncScheduler } = options;

  return (source) =>
    defer(() => {
      const collection = new Collection(scheduler, keepsChunks);
      return concat(
        source.pipe(
          tap((chunk) => collection.take(chunk)),
          ignoreElements(),
        ),
        defer(() => of(collection.result)),
      );
    });
}

class Collection {
  readonly #scheduler: SchedulerLike;
  readonly #response = new ResponseBuilder();
  readonly #startTime: number;
  readonly #chunks: StreamChunk[] | undefined;
  #facts: Pick<
    CollectedResponse,
    'provider' | 'model' | 'responseId' | 'requestId' | 'finishReason' | 'rawReason'
  > = {};
  #metadata: Readonly<Record<string, unknown>> = {};
  #firstTime: number | undefined;
  #count = 0;
  #isOpen = false;
  #usage: Usage | undefined;
  #billedUsage: Usage | undefined;

  constructor(scheduler: SchedulerLike, keepsChunks: boolean) {
    this.#scheduler = scheduler;
    this.#startTime = scheduler.now();
    this.#chunks = keepsChunks ? [] : undefined;
  }

  take(chunk: StreamChunk): void {
    this.#count += 1;
    this.#chunks?.push(chunk);
    this.#response.add(chunk);
    switch (chunk.type) {
      case 'start': {
        this.#isOpen = true;
        const { provider, model, responseId, requestId } = chunk;
        this.#facts = {
          provider,
          model,
          ...(responseId !== undefined && { responseId }),
          ...(requestId !== undefined && { requestId }),
        };
        break;
      }
      case 'restart':
        this.#isOpen = false;
        this.#billedUsage = addUsage(this.#billedUsage, chunk.usage);
        break;
      case 'finish': {
        this.#isOpen = false;
        const { reason: finishReason, rawReason, usage, metadata } = chunk;
        this.#facts = { ...this.#facts, finishReason, ...(rawReason !== undefined && { rawReason }) };
        this.#metadata = metadata;
        this.#usage = addUsage(this.#usage, usage);
        this.#billedUsage = addUsage(this.#billedUsage, usage);
        break;
      }
      case 'usage':
      case 'raw':
        break;
      default:
        this.#firstTime ??= this.#scheduler.now();
    }
  }

  get result(): CollectedResponse {
    const { usage: last, ...content } = this.#response.partial;
    const open = this.#isOpen ? last : undefined;
    const usage = addUsage(this.#usage, open);
    const billedUsage = addUsage(this.#billedUsage, open);
    const endTime = this.#scheduler.now();

    return {
      ...content,
      ...this.#facts,
      ...(usage && { usage }),
      ...(billedUsage && { billedUsage }),
      startTime: this.#startTime,
      endTime,
      durationMs: endTime - this.#startTime,
      ...(this.#firstTime !== undefined && { timeToFirstChunkMs: this.#firstTime - this.#startTime }),
      chunkCount: this.#count,
      metadata: this.#metadata,
      ...(this.#chunks && { chunks: this.#chunks }),
    };
  }
}
