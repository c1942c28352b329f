import {
  defer,
  EMPTY,
  fromEventPattern,
  isObservable,
  map,
  merge,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  take,
} from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { isPromise } from './toObservable.ts';

/** A Node stream, as far as {@link drainTo} needs it: a file, a socket, an HTTP response. */
export interface NodeSink {
  write(data: unknown): unknown;
  end(): unknown;
  once(event: string, listener: (value?: unknown) => void): unknown;
  removeListener?(event: string, listener: (value?: unknown) => void): unknown;
  readonly destroyed?: boolean;
  readonly writableEnded?: boolean;
  readonly writableNeedDrain?: boolean;
}

/** The writer of a `WritableStream`. */
export interface WriterSink {
  readonly closed: Promise<unknown>;
  readonly ready: Promise<unknown>;
  write(data: unknown): Promise<unknown>;
  close(): Promise<unknown>;
  releaseLock(): void;
}

/** A `WritableStream`; it is locked while it is written to. */
export interface StreamSink {
  getWriter(): WriterSink;
}

/** Takes chunks, and is busy until the Promise or Observable that it returns has completed, if it returns one. */
export type FunctionSink = (chunks: StreamChunk[]) => unknown;

/** What {@link drainTo} can write to. */
export type Sink = NodeSink | StreamSink | WriterSink | FunctionSink;

/** A sink of any kind, opened for one subscriber. */
export interface OpenSink {
  /** Errors when the sink fails or is closed by somebody else. */
  readonly failed: Observable<never>;
  /** What to wait for before the first write. */
  readonly ready?: ObservableInput<unknown> | undefined;
  /** Writes, and returns what to wait for if the sink is busy. */
  readonly write: (data: unknown) => ObservableInput<unknown> | undefined;
  /** Ends the sink; what it returns completes when all is written. */
  readonly end: () => ObservableInput<unknown>;
  readonly release?: () => void;
}

/** Opens a sink; the subscription to `failed` is that to its events. */
export function openSink(sink: Sink): OpenSink {
  if (typeof sink === 'function') {
    return { failed: NEVER, write: (chunks) => toWait(sink(chunks as StreamChunk[])), end: () => EMPTY };
  }
  if ('getWriter' in sink) {
    const writer = sink.getWriter();
    return { ...openWriter(writer), release: () => writer.releaseLock() };
  }
  return 'once' in sink ? openNode(sink) : openWriter(sink);
}

/** What to wait for of what a function returned. */
function toWait(result: unknown): ObservableInput<unknown> | undefined {
  return isPromise(result) || isObservable(result) ? result : undefined;
}

function openNode(sink: NodeSink): OpenSink {
  const event = (name: string, cause?: () => unknown) =>
    fromEventPattern<unknown>(
      (listener) => {
        sink.once(name, listener);
        cause?.();
      },
      (listener: () => void) => sink.removeListener?.(name, listener),
    ).pipe(take(1));

  return {
    failed: defer(() =>
      merge(
        event('error').pipe(map(fail)),
        // A client that goes away closes an HTTP response, without an error.
        (sink.destroyed || sink.writableEnded ? of(0) : event('close')).pipe(map(failClosed)),
      ),
    ),
    ready: sink.writableNeedDrain ? event('drain') : undefined,
    write: (data) => (sink.write(data) === false ? event('drain') : undefined),
    end: () => event('finish', () => sink.end()),
  };
}

function openWriter(writer: WriterSink): OpenSink {
  return {
    // Of a writer that is closed here, `close` is settled before `closed`.
    failed: defer(() => writer.closed).pipe(map(failClosed)),
    ready: writer.ready,
    write: (data) => writer.write(data),
    end: () => writer.close(),
  };
}

function fail(error: unknown): never {
  throw error;
}

/** Fails as Node's own `finished()` does for a stream that closes too early. */
function failClosed(): never {
  throw Object.assign(new Error('it was closed'), { code: 'ERR_STREAM_PREMATURE_CLOSE' });
}
