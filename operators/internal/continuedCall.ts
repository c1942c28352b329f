import { mergeMap, type MonoTypeOperatorFunction, tap } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { PartialResponse } from '../../src/message.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { addUsage, type Usage } from '../../src/usage.ts';

/**
 * One model call made of the pieces of several requests, for {@link retryStream}.
 *
 * The later pieces lose their `start`, their blocks are numbered on, text that goes on stays in its block, and
 * their usage is added to that of the pieces before.
 */
export class ContinuedCall {
  readonly #response = new ResponseBuilder();
  /** The last block of what has been delivered, and whether it is text. */
  #block = -1;
  #isText = false;
  /** By how much the blocks of a piece are numbered on; absent before its first one. */
  #offset: number | undefined;
  #isContinuation = false;
  #before: Usage | undefined;

  /** Whether there is something to go on from. */
  get hasContent(): boolean {
    return this.#block >= 0;
  }

  get partial(): PartialResponse {
    return this.#response.partial;
  }

  /** Closes the open tool calls of a piece that broke off; they cannot be continued. */
  pause(): readonly StreamChunk[] {
    if (!this.hasContent) return [];
    this.#before = this.#response.usage;
    this.#isContinuation = true;
    this.#offset = undefined;
    const open = this.#response.openToolCalls;
    for (const chunk of open) this.#response.add(chunk);
    return open;
  }

  /** Passes on the chunks of the next piece as part of this call. */
  deliver(): MonoTypeOperatorFunction<StreamChunk> {
    return (source) =>
      source.pipe(
        mergeMap((chunk) => (this.#isContinuation ? this.#continue(chunk) : [chunk])),
        tap((chunk) => this.#take(chunk)),
      );
  }

  #take(chunk: StreamChunk): void {
    if ('block' in chunk && chunk.block >= this.#block) {
      // Sources belong to the text of their block.
      if (chunk.type === 'text-delta' || chunk.block > this.#block)
        this.#isText = chunk.type === 'text-delta';
      this.#block = chunk.block;
    }
    if (chunk.type === 'finish') this.#isContinuation = false;
    this.#response.add(chunk);
  }

  #continue(chunk: StreamChunk): readonly StreamChunk[] {
    if (chunk.type === 'start') return [];
    if ('block' in chunk) {
      const goesOn = chunk.type === 'text-delta' && this.#isText;
      this.#offset ??= goesOn ? this.#block : this.#block + 1;
      return [{ ...chunk, block: chunk.block + this.#offset }];
    }
    if (chunk.type !== 'usage' && chunk.type !== 'finish') return [chunk];
    const usage = addUsage(this.#before, chunk.usage);
    if (!usage) return [chunk];
    // Where the last piece tells no usage, that of all is known in part only, which nobody has told yet.
    const untold: readonly StreamChunk[] = chunk.usage ? [] : [{ type: 'usage', usage }];
    return [...untold, { ...chunk, usage }];
  }
}
