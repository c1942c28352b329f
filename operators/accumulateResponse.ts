import { concat, defer, filter, map, type OperatorFunction, of } from 'rxjs';
import type { FinishReason, StreamChunk, ToolResultChunk } from '../src/chunk.ts';
import type { PartialResponse } from '../src/message.ts';
import { ResponseBuilder } from '../src/response.ts';

/** What a model call is doing, in words for a user interface. */
export type ResponseStatus = 'loading' | 'thinking' | 'streaming' | 'tool' | 'done' | 'aborted';

/** A model call as far as it has come, from {@link accumulateResponse}. */
export interface AccumulatedResponse extends PartialResponse {
  /**
   * `loading` before the first content, `thinking` and `streaming` by the latest delta, `tool` while a call is
   * written or runs, `done` or `aborted` at the end.
   */
  readonly status: ResponseStatus;
  /** Results of the tools that ran here, in the order they came. */
  readonly toolResults: readonly ToolResultChunk[];
  /** Known from `finish` on. */
  readonly finishReason?: FinishReason;
}

/**
 * Emits the response of the current model call as it grows: text, thinking, tool calls, usage and a status.
 *
 * Every emission is a new object in which unchanged parts are the same as before, so it can be kept and compared.
 * The first one, `loading`, comes at subscription. A new `start` begins a new response, `restart` drops it.
 *
 * ```text
 * source:  --s-a-b-f|        s: start, a b: text, f: finish
 * result:  1-2-3-4-5|        accumulateResponse(), 1 2: loading, 3 4: streaming, 5: done, 5.text: 'ab'
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * const response = toSignal(model.stream(prompt).pipe(accumulateResponse()));
 * ```
 *
 * @see {@link collectResponse} for the finished response only.
 */
export function accumulateResponse(): OperatorFunction<StreamChunk, AccumulatedResponse> {
  return (source) =>
    defer(() => {
      const running = new RunningResponse();
      return concat(
        of(running.state),
        source.pipe(
          filter((chunk) => running.take(chunk)),
          map(() => running.state),
        ),
        defer(() => (running.end() ? of(running.state) : [])),
      );
    });
}

class RunningResponse {
  readonly #response = new ResponseBuilder();
  #status: ResponseStatus = 'loading';
  #toolResults: readonly ToolResultChunk[] = [];
  #finishReason: FinishReason | undefined;

  get state(): AccumulatedResponse {
    return {
      ...this.#response.partial,
      status: this.#status,
      toolResults: this.#toolResults,
      ...(this.#finishReason && { finishReason: this.#finishReason }),
    };
  }

  /** Takes a chunk and tells whether it changed anything. */
  take(chunk: StreamChunk): boolean {
    this.#response.add(chunk);
    switch (chunk.type) {
      case 'restart':
        // Behind a finish it is the next call, not yet begun, that is tried again.
        if (this.#finishReason !== undefined) return false;
        this.#begin();
        return true;
      case 'start':
        this.#begin();
        return true;
      case 'text-delta':
      case 'refusal-delta':
        this.#status = 'streaming';
        return true;
      case 'thinking-delta':
        this.#status = 'thinking';
        return true;
      case 'tool-result':
        if (chunk.block === undefined) this.#toolResults = [...this.#toolResults, chunk];
        this.#status = 'tool';
        return true;
      case 'tool-call-start':
      case 'tool-call-delta':
      case 'tool-call':
      case 'tool-call-invalid':
      case 'approval-request':
        this.#status = 'tool';
        return true;
      case 'finish':
        this.#finishReason = chunk.reason;
        this.#status =
          chunk.reason === 'tool-calls' ? 'tool' : chunk.reason === 'aborted' ? 'aborted' : 'done';
        return true;
      case 'usage':
      case 'source':
      case 'thinking-signature':
        return true;
      default:
        return false;
    }
  }

  #begin(): void {
    this.#status = 'loading';
    this.#toolResults = [];
    this.#finishReason = undefined;
  }

  /** Ends the stream and tells whether that changed anything. */
  end(): boolean {
    if (this.#status === 'done' || this.#status === 'aborted') return false;
    this.#status = 'done';
    return true;
  }
}
