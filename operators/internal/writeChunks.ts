import {
  catchError,
  concat,
  defer,
  EMPTY,
  from,
  ignoreElements,
  type Observable,
  type ObservableInput,
  of,
  repeat,
} from 'rxjs';
import type { RestartChunk, StartChunk, StreamChunk } from '../../src/chunk.ts';
import { type ErrorDetails, SinkError } from '../../src/errors.ts';
import type { PartialResponse } from '../../src/message.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { isDelta, textOf } from './deltas.ts';
import { restartAfterOutput } from './restartAfterOutput.ts';
import type { OpenSink } from './sinks.ts';
import { WaitingChunks } from './waitingChunks.ts';

/** How {@link Writing} writes. */
export interface WritingOptions {
  /** Whether a chunk is written at all. */
  readonly selects: (chunk: StreamChunk) => boolean;
  /** What is written for a chunk; where absent, all that waits is written at once, as chunks. */
  readonly format: ((chunk: StreamChunk) => unknown) | undefined;
  readonly limit: number;
  readonly onRestart: 'fail' | 'repeat';
  readonly partial: boolean;
}

/** Writes chunks to a sink for one subscriber. */
export class Writing {
  readonly #sink: OpenSink;
  readonly #options: WritingOptions;
  readonly #waiting = new WaitingChunks();
  readonly #response: ResponseBuilder | undefined;
  readonly #partial: (() => PartialResponse) | undefined;
  /** Errors with a {@link SinkError} when the sink fails, be it written to or not. */
  readonly failed: Observable<never>;
  /** What the source failed with; passed on when all is written, and before what the sink then fails with. */
  sourceError: { readonly error: unknown } | undefined;
  #ready: ObservableInput<unknown> | undefined;
  #start: StartChunk | undefined;
  #written = 0;
  #told = 0;
  #isBusy = false;
  #isOver = false;

  constructor(open: () => OpenSink, options: WritingOptions) {
    this.#options = options;
    const response = options.partial ? new ResponseBuilder() : undefined;
    this.#response = response;
    this.#partial = response && (() => response.partial);
    this.#sink = this.#attempt(open);
    this.failed = this.#watch(this.#sink.failed);
    this.#ready = this.#sink.ready;
  }

  /** Sees every chunk before it is taken; fails at a `restart` that comes too late. */
  see(chunk: StreamChunk): void {
    if (this.#waiting.isTooLate(chunk) && this.#options.onRestart === 'fail') {
      throw restartAfterOutput(chunk as RestartChunk, 'output', this.#partial);
    }
    if (chunk.type === 'start') this.#start = chunk;
    this.#response?.add(chunk);
  }

  /** Takes a chunk, and tells whether there is something to write now. */
  take(chunk: StreamChunk): boolean {
    if (!this.#options.selects(chunk)) return false;
    this.#waiting.add(chunk);
    if (this.#isBusy && this.#waiting.size > this.#options.limit) throw this.#tooSlow();
    return !this.#isBusy;
  }

  /** Writes what waits, and what comes to wait meanwhile; emits how many characters the sink has taken. */
  write(): Observable<number> {
    const written = defer(() => {
      this.#isBusy = false;
      return this.#tell();
    });

    return defer(() => {
      const wait = this.#writeUntilBusy();
      return wait ? concat(this.#watch(wait), written) : written;
    }).pipe(repeat({ delay: () => (this.#waiting.isEmpty ? EMPTY : of(0)) }));
  }

  /** Fails as the source did, or ends the sink if asked to and emits how many characters were written. */
  end(endsSink: boolean): Observable<number> {
    if (this.sourceError) throw this.sourceError.error;
    const end = endsSink ? this.#watch(defer(() => this.#sink.end())) : EMPTY;
    return concat(
      end,
      defer(() => this.#tell(true)),
    );
  }

  /** Writes no more, and leaves the sink to others. */
  stop(): void {
    this.#isOver = true;
    this.#sink.release?.();
  }

  /** Writes while the sink keeps up, and returns what to wait for when it does not. */
  #writeUntilBusy(): ObservableInput<unknown> | undefined {
    let wait = this.#ready;
    this.#ready = undefined;
    while (!wait && !this.#isOver) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      const data = this.#dataOf(chunk);
      if (data !== undefined) wait = this.#attempt(() => this.#sink.write(data));
    }
    this.#isBusy = wait !== undefined;
    return wait;
  }

  /** What is written for a chunk that is taken out: it alone, or with it all that waits. */
  #dataOf(first: StreamChunk): unknown {
    const { format } = this.#options;
    const data = format ? format(first) : [first];
    if (data !== undefined) this.#count(first);
    if (format) return data;
    for (let chunk = this.#waiting.shift(); chunk; chunk = this.#waiting.shift()) {
      this.#count(chunk);
      (data as StreamChunk[]).push(chunk);
    }
    return data;
  }

  #count(chunk: StreamChunk): void {
    this.#waiting.deliver(chunk);
    if (isDelta(chunk)) this.#written += textOf(chunk).length;
  }

  /** Emits how many characters are written: where they have become more, and at the end where there are none. */
  #tell(isEnd = false): Observable<number> {
    const isNews = this.#written > this.#told || (isEnd && this.#written === 0);
    this.#told = this.#written;
    return isNews ? of(this.#written) : EMPTY;
  }

  /** Runs what may throw, as sinks do. */
  #attempt<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw this.#toError(error);
    }
  }

  /** Waits for what a sink returned. */
  #watch(wait: ObservableInput<unknown>): Observable<never> {
    return from(wait).pipe(
      ignoreElements(),
      catchError((error: unknown) => {
        throw this.#toError(error);
      }),
    );
  }

  #toError(cause: unknown): unknown {
    if (this.sourceError) return this.sourceError.error;
    const { message, code } = (cause ?? {}) as { message?: unknown; code?: unknown };
    return new SinkError(`What is written to failed: ${String(message ?? cause)}`, {
      ...this.#facts,
      cause,
      ...(typeof code === 'string' && { code }),
    });
  }

  #tooSlow(): SinkError {
    const { size } = this.#waiting;
    return new SinkError(
      `What is written to is too slow: ${size} characters wait, ${this.#options.limit} may`,
      { ...this.#facts, code: 'LIMIT_EXCEEDED' },
    );
  }

  get #facts(): ErrorDetails {
    const { provider, requestId } = this.#start ?? {};
    return { provider, requestId, partial: this.#partial };
  }
}
