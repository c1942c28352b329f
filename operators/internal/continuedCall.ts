import { map, mergeMap, type MonoTypeOperatorFunction } from 'rxjs';
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
  /** The last block and its kind of what has been delivered. */
  #block = -1;
  #kind: 'text' | 'other' = 'other';
  #offset = 0;
  #isContinuation = false;
  #isAtSeam = false;
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
    this.#isAtSeam = true;
    const open = this.#response.openToolCalls;
    for (const chunk of open) this.#response.add(chunk);
    return open;
  }

  /** Passes on the chunks of the next piece as part of this call. */
  deliver(): MonoTypeOperatorFunction<StreamChunk> {
    return (source) =>
      source.pipe(
        mergeMap((chunk) => (this.#isContinuation && chunk.type === 'start' ? [] : [chunk])),
        map((chunk) => this.#take(chunk)),
      );
  }

  #take(chunk: StreamChunk): StreamChunk {
    const taken = this.#isContinuation ? this.#continue(chunk) : chunk;
    if (taken.type === 'start') this.#block = -1;
    if ('block' in taken && taken.block >= this.#block) {
      this.#block = taken.block;
      this.#kind = taken.type === 'text-delta' ? 'text' : 'other';
    }
    if (taken.type === 'finish') this.#isContinuation = false;
    this.#response.add(taken);
    return taken;
  }

  #continue(chunk: StreamChunk): StreamChunk {
    if ('block' in chunk) {
      if (this.#isAtSeam) {
        const goesOn = chunk.type === 'text-delta' && this.#kind === 'text';
        this.#offset = (goesOn ? this.#block : this.#block + 1) - chunk.block;
        this.#isAtSeam = false;
      }
      return { ...chunk, block: chunk.block + this.#offset };
    }
    if (chunk.type !== 'usage' && chunk.type !== 'finish') return chunk;
    const usage = addUsage(this.#before, chunk.usage);
    return usage ? { ...chunk, usage } : chunk;
  }
}
