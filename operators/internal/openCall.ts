import type { FinishReason, StartChunk, StreamChunk } from '../../src/chunk.ts';
import type { ErrorDetails } from '../../src/errors.ts';
import type { PartialResponse } from '../../src/message.ts';
import { ResponseBuilder } from '../../src/response.ts';

/**
 * What has to be known of a model call to end it before its time: by a `finish`, or by an error with the partial.
 *
 * `keeps` says how much of the answer: all of it, what a `finish` needs, or nothing.
 */
export class OpenCall {
  readonly #response = new ResponseBuilder();
  readonly #keeps: 'all' | 'ends' | 'nothing';
  #start: StartChunk | undefined;
  /** Whether the call has begun and not finished. */
  isOpen = false;

  constructor(keeps: 'all' | 'ends' | 'nothing') {
    this.#keeps = keeps;
  }

  /** Takes the next chunk that the subscriber sees. */
  take(chunk: StreamChunk): void {
    switch (chunk.type) {
      case 'start':
        this.#start = chunk;
        this.isOpen = true;
        break;
      case 'restart':
      case 'finish':
        this.isOpen = false;
        break;
      // The text itself is not needed to tell which tool calls are open and what was used.
      case 'text-delta':
      case 'thinking-delta':
        if (this.#keeps === 'ends') return;
        break;
      default:
    }
    if (this.#keeps !== 'nothing') this.#response.add(chunk);
  }

  /** What is known for an error in place of the end. */
  get details(): ErrorDetails {
    return {
      provider: this.#start?.provider,
      requestId: this.#start?.requestId,
      partial: () => this.partial,
    };
  }

  get partial(): PartialResponse {
    return this.#response.partial;
  }

  /** The chunks that end the call: open tool calls are closed, the known usage is told; none where no call is open. */
  finish(reason: FinishReason): readonly StreamChunk[] {
    if (!this.isOpen) return [];
    const { openToolCalls, usage } = this.#response;
    const known = usage && { usage };
    return [
      ...openToolCalls,
      ...(known ? [{ type: 'usage', ...known } as const] : []),
      { type: 'finish', reason, ...known, metadata: {} },
    ];
  }
}
