import type { StreamChunk } from '../../src/chunk.ts';
import { areOfOne, isDelta, textOf, withText } from './deltas.ts';

/** A chunk that waits; neighbouring deltas of one block have become one. */
interface Waiting {
  chunk: StreamChunk;
  /** The attempt at a call that it belongs to. */
  readonly attempt: number;
}

/** The chunks that wait for a sink, in order. Knows what of them, and of what has left, a `restart` voids. */
export class WaitingChunks {
  #waiting: Waiting[] = [];
  #attempt = 1;
  /** The attempts of what was taken out last, and of what was delivered last. */
  #taken = 0;
  #delivered = 0;
  /** Characters of the deltas that wait; every other chunk counts as one. */
  size = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Sees where attempts begin and end, drops what a `restart` voids, and tells whether some of it had left. */
  isTooLate({ type }: StreamChunk): boolean {
    if (type !== 'start' && type !== 'restart' && type !== 'finish') return false;
    const voided = type === 'restart' ? this.#attempt : -1;
    const all = this.#waiting;
    this.#waiting = all.filter(({ chunk, attempt }) => attempt !== voided || !('block' in chunk));
    this.size = this.#waiting.reduce((size, { chunk }) => size + sizeOf(chunk), 0);
    this.#attempt += 1;
    return this.#delivered === voided;
  }

  add(chunk: StreamChunk): void {
    const attempt = this.#attempt;
    const last = this.#waiting.at(-1);
    this.size += sizeOf(chunk);
    if (last?.attempt === attempt && isDelta(chunk) && isDelta(last.chunk) && areOfOne(last.chunk, chunk)) {
      last.chunk = withText(last.chunk, textOf(last.chunk) + textOf(chunk));
    } else {
      this.#waiting.push({ chunk, attempt });
    }
  }

  /** Takes out the first chunk. */
  shift(): StreamChunk | undefined {
    const first = this.#waiting.shift();
    if (!first) return undefined;
    this.#taken = first.attempt;
    this.size -= sizeOf(first.chunk);
    return first.chunk;
  }

  /** Takes note that what was taken out last is being delivered. */
  deliver(chunk: StreamChunk): void {
    if ('block' in chunk) this.#delivered = this.#taken;
  }
}

function sizeOf(chunk: StreamChunk): number {
  return isDelta(chunk) ? textOf(chunk).length : 1;
}
