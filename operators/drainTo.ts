import { defer, type OperatorFunction } from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { writeChunks } from './internal/writeChunks.ts';
import { type NodeSink, openSink, type Sink, type StreamSink } from './internal/sinks.ts';

export type { FunctionSink, NodeSink, Sink, StreamSink, WriterSink } from './internal/sinks.ts';

/** Options of {@link drainTo}. */
export interface DrainToOptions {
  /**
   * What a stream is given for a chunk: a string, bytes, an object; `undefined` writes nothing.
   *
   * @defaultValue the text of a `text-delta`
   */
  readonly format?: (chunk: StreamChunk) => unknown;
  /**
   * Most characters that may wait for a busy sink; of what is no delta, each chunk counts as one.
   *
   * @defaultValue no limit
   */
  readonly limit?: number;
  /**
   * What to do at a `restart` that voids output already written: fail, or write the next attempt behind it.
   *
   * @defaultValue 'fail'
   */
  readonly onRestart?: 'fail' | 'repeat';
  /** Whether to end a stream when the source completes; `false` for `process.stdout`. @defaultValue true */
  readonly end?: boolean;
  /** Whether the error tells what had arrived; `false` keeps nothing. @defaultValue true */
  readonly partial?: boolean;
}

/**
 * Writes to a sink at the sink's own pace, and emits how many characters it has taken so far.
 *
 * A sink is a Node stream (an HTTP response, a file), a `WritableStream` or its writer, or a function. A stream is
 * given the text, a function all chunks. The function is busy until the Promise or Observable that it returns has
 * completed, and is then called with all that waits.
 *
 * The model is never slowed down. While the sink is busy neighbouring deltas become one, as {@link joinDeltas} would
 * make them, so that what waits is no more than the text; `limit` bounds it. Output cannot be taken back: a `restart`
 * drops what it voids where that still waits, and fails where it was written, unless `onRestart` is `'repeat'`. Put
 * `retryStream({ afterOutput: 'hold' })` upstream.
 *
 * The stream is ended, and the result completes, when everything is written; the last emission is the number of all
 * characters, which may be 0. After an error or when unsubscribed from, the stream is left open: what its reader is told is up to you.
 *
 * ```text
 * source:  s-a-b-c-f|             s: start, a b c: text, f: finish
 * writes:  S---A---B              each takes 4 ms, S: [s], A: ['ab'], B: ['c', f]
 * result:  --------2---(3|)       drainTo(write), 2: 2, 3: 3
 * ```
 *
 * Errors with what the source errors with, once everything is written; with {@link SinkError} when the sink fails, is
 * closed by somebody else or `limit` is passed, and with {@link RestartAfterOutputError}. Both unsubscribe from the
 * source, which aborts the request; their `partial` is what had arrived, be it written or not. Unsubscribing stops
 * writing at once.
 *
 * @example
 * ```ts
 * createServer((request, response) => {
 *   model
 *     .stream('Tell me a story')
 *     .pipe(drainTo(response, { limit: 100_000 }))
 *     .subscribe({ error: (error) => response.destroy(error) });
 * });
 * ```
 *
 * @see {@link bufferChunks} to make larger pieces also for a fast sink.
 */
export function drainTo(sink: Sink, options: DrainToOptions = {}): OperatorFunction<StreamChunk, number> {
  const { format, limit = Infinity, onRestart = 'fail', end = true, partial = true } = options;
  const isFunction = typeof sink === 'function';
  if (!isSink(sink)) {
    throw new TypeError(`drainTo: sink must be a stream, its writer or a function, not ${String(sink)}`);
  }
  checkNumber('drainTo', 'limit', limit, { min: 1 });
  checkOneOf('drainTo', 'onRestart', onRestart, ['fail', 'repeat']);
  if (format && isFunction) {
    throw new TypeError('drainTo: format is for streams; a function is given the chunks');
  }
  const all = { limit, onRestart, end, partial, format, selects: () => true };
  const writeOptions = format || isFunction ? all : { ...all, format: toText, selects: hasText };

  return (source) => defer(() => writeChunks(source, () => openSink(sink), writeOptions));
}

function isSink(sink: unknown): sink is Sink {
  const { write, getWriter } = Object(sink) as Partial<NodeSink & StreamSink>;
  return [sink, write, getWriter].some((member) => typeof member === 'function');
}

function hasText(chunk: StreamChunk): boolean {
  return toText(chunk) !== '';
}

function toText(chunk: StreamChunk): string {
  return chunk.type === 'text-delta' ? chunk.text : '';
}
