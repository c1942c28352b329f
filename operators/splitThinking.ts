import { catchError, ignoreElements, type MonoTypeOperatorFunction, Observable, tap } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { isRxllmError } from '../src/errors.ts';
import { ResponseBuilder } from '../src/response.ts';
import { ThinkingTags } from './internal/thinkingTags.ts';

/** Options of {@link splitThinking}. */
export interface SplitThinkingOptions {
  /**
   * Names of the tags. `think` stands for `<think>` and `</think>` in any case, with or without attributes; a name in
   * brackets for `[THINK]` and `[/THINK]` as they are written. Namespaces are part of the name: `mm:think`.
   *
   * @defaultValue `['think', 'thinking', 'thought', 'reasoning', '[THINK]']`
   */
  readonly tags?: readonly string[];
  /**
   * Whether every call begins within thinking, as with servers that put the opening tag into the prompt: what comes
   * before the closing tag is thinking, and all of it if there is none.
   *
   * @defaultValue false
   */
  readonly startsInside?: boolean;
  /** Whether to keep the call for the `partial` of an error; if not, errors pass as they are. @defaultValue true */
  readonly partial?: boolean;
}

/**
 * Turns the text between thinking tags into `thinking-delta` chunks, as it streams.
 *
 * Only what may still become a tag is held back, `<thi` for instance, never longer than a tag of 256 characters. The
 * tags themselves disappear, as do the line breaks right behind an opening tag and, where the line of text is blank,
 * behind a closing one. Nested tags are counted, thinking that is not closed goes on to the end of the call. A
 * closing tag too many is removed and the text before it stays text: it has been delivered. Tags are literal in the
 * fenced and inline code of the text (inline code ends with its line), and in thinking right between two backticks.
 *
 * Each part of thinking, and the text behind it, is a block of its own; the blocks of the call are numbered anew.
 * `usage`, `raw` and the chunks of running tools pass what is held; everything else flushes it first.
 *
 * ```text
 * source:  s-a-b-c-f|        s: start, f: finish, a: '<thi', b: 'nk>Hm', c: '</think>Yes'
 * result:  s---t-d-f|        splitThinking(), t: thinking 'Hm', d: text 'Yes'
 * ```
 *
 * What is held is flushed before completion and before an error, and dropped at a `restart`. Errors with what the
 * source errors with: the same class with the `partial` as seen here and the original as `cause`. Unsubscribing drops
 * what is held.
 *
 * @example
 * ```ts
 * const model = pipeModel(ollama('qwen3'), retryStream(), splitThinking());
 * ```
 *
 * @see {@link selectThinking} to read the thinking alone.
 */
export function splitThinking(options: SplitThinkingOptions = {}): MonoTypeOperatorFunction<StreamChunk> {
  const { startsInside = false, partial = true } = options;
  const { tags = ['think', 'thinking', 'thought', 'reasoning', '[THINK]'] } = options;
  if (tags.length === 0 || !tags.every((tag) => tagName.test(tag))) {
    throw new RangeError(
      `splitThinking: tags must be names like think or [THINK], not ${JSON.stringify(tags)}`,
    );
  }

  // A chunk becomes none, one or several. Measured: 20 ns a chunk this way, 110 by way of `concatMap` and arrays.
  return (source) =>
    new Observable((subscriber) => {
      const seen = partial ? new ResponseBuilder() : undefined;
      const splitter = new Splitter(tags, startsInside, (chunk) => {
        seen?.add(chunk);
        subscriber.next(chunk);
      });
      const flush = () => splitter.flush();

      return source
        .pipe(
          tap({ next: (chunk) => splitter.take(chunk), error: flush, complete: flush }),
          catchError((error: unknown) => {
            throw isRxllmError(error) && seen ? error.withPartial(() => seen.partial) : error;
          }),
          ignoreElements(),
        )
        .subscribe(subscriber);
    });
}

const tagName = /^(?:[^\s/<>[\]`~]+|\[[^\s/<>[\]`~]+\])$/u;

/** A block of the source, and what it has become so far. */
interface Place {
  /** 0 for text, from 1 for thinking, absent where the block is neither or has only a signature yet. */
  part?: number;
  block: number;
  /** The latest text of the block, which its sources belong to. */
  text?: number;
}

/** Splits the text of one subscription and numbers the blocks. */
class Splitter {
  readonly #emit: (chunk: StreamChunk) => void;
  readonly #createTags: () => ThinkingTags;
  #tags: ThinkingTags;
  #places = new Map<number, Place>();
  #next = 0;
  #source = 0;

  constructor(tags: readonly string[], startsInside: boolean, emit: (chunk: StreamChunk) => void) {
    this.#emit = emit;
    const deliver = (text: string, part: number) => {
      const block = this.#partOf(this.#source, part);
      if (part === 0) emit({ type: 'text-delta', text, block });
      else emit({ type: 'thinking-delta', text, block, kind: 'thinking' });
    };
    this.#createTags = () => new ThinkingTags(tags, startsInside, deliver);
    this.#tags = this.#createTags();
  }

  take(chunk: StreamChunk): void {
    switch (chunk.type) {
      case 'text-delta':
        if (chunk.block !== this.#source) this.flush();
        this.#source = chunk.block;
        this.#tags.read(chunk.text);
        return;
      case 'usage':
      case 'raw':
      case 'approval-request':
      case 'tool-progress':
        break;
      case 'start':
      case 'restart':
        this.#reset();
        break;
      case 'source':
        this.flush();
        this.#emit({ ...chunk, block: this.#places.get(chunk.block)?.text ?? this.#partOf(chunk.block, 0) });
        return;
      default:
        if ('block' in chunk) {
          this.flush();
          const { block } = this.#placeOf(chunk.block);
          this.#emit(block === chunk.block ? chunk : { ...chunk, block });
          return;
        }
        if (chunk.type !== 'tool-result') this.flush();
    }
    this.#emit(chunk);
  }

  flush(): void {
    this.#tags.flush();
  }

  #reset(): void {
    this.#tags = this.#createTags();
    this.#places.clear();
    this.#next = 0;
  }

  #placeOf(source: number): Place {
    let place = this.#places.get(source);
    if (!place) this.#places.set(source, (place = { block: this.#next++ }));
    return place;
  }

  /** The block of a part of the source's block; another part than the one before is another block. */
  #partOf(source: number, part: number): number {
    const place = this.#placeOf(source);
    if (place.part !== undefined && place.part !== part) place.block = this.#next++;
    place.part = part;
    if (part === 0) place.text = place.block;
    return place.block;
  }
}
