import { from, isObservable, noop, type Observable, type Subscription, takeWhile } from 'rxjs';
import { GuardError } from '../../src/errors.ts';
import type { ModelRequest } from '../../src/request.ts';

/** Where a batch takes its items from, for one subscription. */
export interface BatchInput {
  /** Begins. `onReady` is called when there may be more to take; what is returned closes the input before its end. */
  open(onReady: () => void): () => void;
  /** The next item or the end; undefined where none is ready. Throws the input's own error, behind its items. */
  take(): IteratorResult<unknown> | undefined;
}

/**
 * Makes the input of a batch: what can be iterated is pulled, an Observable is queued.
 *
 * @throws {TypeError} where it is neither
 */
export function createInput(requests: unknown, buffer: number): () => BatchInput {
  if (isObservable(requests)) return () => new ObservedInput(requests, buffer);
  if (typeof requests === 'object' && requests !== null) {
    if (Symbol.asyncIterator in requests) {
      return () => new AwaitedInput(requests as AsyncIterable<unknown>);
    }
    if (Symbol.iterator in requests) return () => new IteratedInput(requests as Iterable<unknown>);
  }
  throw new TypeError(
    `streamBatch: requests must be an array, an iterable or an Observable, not ${typeof requests}`,
  );
}

/** An item of a batch: what to ask, and by which key it is found again. */
export interface KeyedItem {
  readonly key?: string | number;
  readonly request: ModelRequest | string;
}

/** Reads an item that was given with a key or without. */
export function toKeyed(item: unknown): KeyedItem {
  const isKeyed = typeof item === 'object' && item !== null && 'request' in item;
  return isKeyed ? (item as KeyedItem) : { request: item as ModelRequest | string };
}

class IteratedInput implements BatchInput {
  readonly #iterable: Iterable<unknown>;
  #iterator: Iterator<unknown> | undefined;

  constructor(iterable: Iterable<unknown>) {
    this.#iterable = iterable;
  }

  open(onReady: () => void): () => void {
    onReady();
    return () => {
      const iterator = this.#iterator;
      this.#iterator = undefined;
      iterator?.return?.();
    };
  }

  take(): IteratorResult<unknown> {
    const iterator = this.#iterator ?? this.#iterable[Symbol.iterator]();
    // What throws or has ended is not to be closed.
    this.#iterator = undefined;
    const result = iterator.next();
    if (!result.done) this.#iterator = iterator;
    return result;
  }
}

class AwaitedInput implements BatchInput {
  readonly #iterable: AsyncIterable<unknown>;
  #iterator: AsyncIterator<unknown> | undefined;
  #onReady: () => void = noop;
  /** The item that was asked for. */
  #asked: Subscription | undefined;
  #arrived: (() => IteratorResult<unknown>) | undefined;

  constructor(iterable: AsyncIterable<unknown>) {
    this.#iterable = iterable;
  }

  open(onReady: () => void): () => void {
    this.#onReady = onReady;
    onReady();
    return () => {
      this.#asked?.unsubscribe();
      const returned = this.#iterator?.return?.();
      this.#iterator = undefined;
      // Nobody is left who could be told of an error.
      Promise.resolve(returned).catch(noop);
    };
  }

  take(): IteratorResult<unknown> | undefined {
    this.#asked ??= this.#ask();
    const arrived = this.#arrived;
    if (!arrived) return undefined;
    this.#asked = undefined;
    this.#arrived = undefined;
    return arrived();
  }

  #ask(): Subscription {
    const iterator = (this.#iterator ??= this.#iterable[Symbol.asyncIterator]());
    return from(iterator.next()).subscribe({
      next: (result) => {
        if (result.done) this.#iterator = undefined;
        this.#arrive(() => result);
      },
      error: (error: unknown) => {
        this.#iterator = undefined;
        this.#arrive(() => {
          throw error;
        });
      },
    });
  }

  #arrive(arrived: () => IteratorResult<unknown>): void {
    this.#arrived = arrived;
    this.#onReady();
  }
}

class ObservedInput implements BatchInput {
  readonly #source: Observable<unknown>;
  readonly #buffer: number;
  readonly #queue: unknown[] = [];
  #end: (() => IteratorResult<unknown>) | undefined;

  constructor(source: Observable<unknown>, buffer: number) {
    this.#source = source;
    this.#buffer = buffer;
  }

  open(onReady: () => void): () => void {
    const end = (result: () => IteratorResult<unknown>) => {
      this.#end ??= result;
      onReady();
    };
    const fail = (error: unknown) =>
      end(() => {
        throw error;
      });
    const accept = (item: unknown): boolean => {
      this.#queue.push(item);
      onReady();
      if (this.#queue.length <= this.#buffer) return true;
      this.#queue.pop();
      fail(
        new GuardError(
          `More than ${this.#buffer} requests wait in the batch: raise its buffer, or give it an iterable, which is pulled`,
          { code: 'buffer' },
        ),
      );
      return false;
    };
    const subscription = this.#source.pipe(takeWhile(accept)).subscribe({
      error: fail,
      complete: () => end(() => ({ done: true, value: undefined })),
    });
    return () => subscription.unsubscribe();
  }

  take(): IteratorResult<unknown> | undefined {
    return this.#queue.length > 0 ? { done: false, value: this.#queue.shift() } : this.#end?.();
  }
}
