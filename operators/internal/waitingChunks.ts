import type { StreamChunk } from '../../src/chunk.ts';
import { areOfOne, isDelta, textOf, withText } from './deltas.ts';

/** A chunk that waits, or the first of several deltas that have become one. */
interface Waiting {
  readonly first: StreamChunk;
  text: string;
  /** The attempt at a call that it belongs to. */
  readonly attempt: number;
}

/**
 * The chunks that wait for a sink, in order; neighbouring deltas of one block are one.
 *
 * Knows which of them a `restart` voids, and whether it voids something that has left.
 */
export class WaitingChunks {
  #waiting: Waiting[] = [];
  #attempt = 1;
  #isOpen = false;
  /** The attempts of what was taken out last, and of what was delivered last. */
  #taken = 0;
  #delivered = 0;
  #size = 0;

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Characters of the deltas that wait; every other chunk counts as one. */
  get size(): number {
    return this.#size;
  }

  /** Sees where attempts begin and end, drops what a `restart` voids, and tells whether some of it had left. */
  isTooLate({ type }: StreamChunk): boolean {
    if (type !== 'start' && type !== 'restart' && type !== 'finish') return false;
    const isVoided = type === 'restart' && this.#isOpen;
    if (isVoided) {
      this.#waiting = this.#waiting.filter(
        ({ first, attempt }) => attempt !== this.#attempt || !('block' in first),
      );
      this.#size = this.#waiting.reduce((size, waiting) => size + sizeOf(waiting), 0);
    }
    const isTooLate = isVoided && this.#delivered === this.#attempt;
    this.#attempt += 1;
    this.#isOpen = type === 'start';
    return isTooLate;
  }

  add(chunk: StreamChunk): void {
    const attempt = this.#attempt;
    const last = this.#waiting.at(-1);
    if (!isDelta(chunk)) {
      this.#push({ first: chunk, text: '', attempt });
    } else if (last?.attempt === attempt && isDelta(last.first) && areOfOne(last.first, chunk)) {
      last.text += textOf(chunk);
      this.#size += textOf(chunk).length;
    } else {
      this.#push({ first: chunk, text: textOf(chunk), attempt });
    }
  }

  /** Takes out the first chunk. */
  shift(): StreamChunk | undefined {
    const next = this.#waiting.shift();
    if (!next) return undefined;
    const { first, text, attempt } = next;
    this.#size -= sizeOf(next);
    this.#taken = attempt;
    return isDelta(first) && text !== textOf(first) ? withText(first, text) : first;
  }

  /** Takes note that what was taken out last is being delivered. */
  deliver(chunk: StreamChunk): void {
    if ('block' in chunk) this.#delivered = this.#taken;
  }

  #push(waiting: Waiting): void {
    this.#waiting.push(waiting);
    this.#size += sizeOf(waiting);
  }
}

function sizeOf({ first, text }: Waiting): number {
  return isDelta(first) ? text.length : 1;
}
