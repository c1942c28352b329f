import {
  catchError,
  concat,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  from,
  ignoreElements,
  type Observable,
  type ObservableInput,
  of,
  repeat,
  takeUntil,
  tap,
} from 'rxjs';
import type { RestartChunk, StartChunk, StreamChunk } from '../../src/chunk.ts';
import { SinkError, type SinkErrorDetails } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { isDelta, textOf } from './deltas.ts';
import { restartAfterOutput } from './restartAfterOutput.ts';
import type { OpenSink } from './sinks.ts';
import { WaitingChunks } from './waitingChunks.ts';

/** How {@link writeChunks} writes. */
export interface WriteOptions {
  /** Whether a chunk is written at all. */
  readonly selects: (chunk: StreamChunk) => boolean;
  /** What is written for a chunk; where absent, all that waits is written at once, as chunks. */
  readonly format: ((chunk: StreamChunk) => unknown) | undefined;
  readonly limit: number;
  readonly onRestart: 'fail' | 'repeat';
  readonly end: boolean;
  readonly partial: boolean;
}

/** Writes a stream to a sink for one subscriber, and emits how many characters the sink has taken. */
export function writeChunks(
  source: Observable<StreamChunk>,
  open: () => OpenSink,
  { selects, format, limit, onRestart, end, partial }: WriteOptions,
): Observable<number> {
  const waiting = new WaitingChunks();
  const response = new ResponseBuilder();
  let start: StartChunk | undefined;
  /** What the source failed with; passed on when all is written, and before what the sink then fails with. */
  let failure: { readonly error: unknown } | undefined;
  let written = 0;
  let told = 0;
  let isBusy = false;
  let isOver = false;

  const known = partial ? () => response.partial : undefined;
  const sinkError = (problem: string, details: SinkErrorDetails) => {
    const { provider, requestId } = start ?? {};
    return new SinkError(`What is written to ${problem}`, {
      provider,
      requestId,
      partial: known,
      ...details,
    });
  };

  const fail = (cause: unknown): never => {
    if (failure) throw failure.error;
    const { message = cause, code } = Object(cause) as Record<string, unknown>;
    throw sinkError(`failed: ${String(message)}`, { cause, ...(typeof code === 'string' && { code }) });
  };
  /** Runs what may throw, as sinks do. */
  const attempt = <T>(use: () => T): T => {
    try {
      return use();
    } catch (error) {
      return fail(error);
    }
  };
  /** Waits for what a sink returned. */
  const watch = (wait: ObservableInput<unknown>) => from(wait).pipe(ignoreElements(), catchError(fail));

  const see = (chunk: StreamChunk) => {
    if (waiting.isTooLate(chunk) && onRestart === 'fail') {
      throw restartAfterOutput(chunk as RestartChunk, 'output', known);
    }
    if (chunk.type === 'start') start = chunk;
    if (partial) response.add(chunk);
    if (selects(chunk)) waiting.add(chunk);
  };

  /** Whether something waits; fails where it is too much. */
  const hasMore = () => {
    if (isBusy && waiting.size > limit) {
      const problem = `is too slow: ${waiting.size} characters wait, ${limit} may`;
      throw sinkError(problem, { code: 'LIMIT_EXCEEDED' });
    }
    return !waiting.isEmpty;
  };

  const countIn = (chunk: StreamChunk) => {
    waiting.deliver(chunk);
    if (isDelta(chunk)) written += textOf(chunk).length;
  };
  /** What to write next: of one chunk, or all chunks; `undefined` for nothing. */
  const next = (): unknown => {
    const chunks: StreamChunk[] = [];
    for (let chunk = waiting.shift(); chunk; chunk = waiting.shift()) {
      const data = format?.(chunk);
      if (!format || data !== undefined) countIn(chunk);
      if (format) return data;
      chunks.push(chunk);
    }
    return chunks;
  };

  /** Emits how many characters are written: where they have become more, and at the end where there are none. */
  const tell = (isEnd: boolean) => {
    isBusy = false;
    const isNews = written > told || (isEnd && written === 0);
    told = written;
    return isNews ? of(written) : EMPTY;
  };

  /** Writes until the sink is busy, and waits for it. */
  const writeSome = () => {
    let wait = ready;
    ready = undefined;
    while (!wait && !isOver && !waiting.isEmpty) {
      const data = next();
      if (data !== undefined) wait = attempt(() => sink.write(data));
    }
    isBusy = true;
    return concat(
      wait ? watch(wait) : EMPTY,
      defer(() => tell(false)),
    );
  };
  // What comes while it waits or tells is written by the next turn: to `exhaustMap` the sink is busy until then.
  const write = () => defer(writeSome).pipe(repeat({ delay: () => (waiting.isEmpty ? EMPTY : of(0)) }));

  const finish = () => {
    if (failure) throw failure.error;
    return concat(
      end ? watch(defer(() => sink.end())) : EMPTY,
      defer(() => tell(true)),
    );
  };

  const sink = attempt(open);
  let { ready } = sink;
  return concat(
    source.pipe(
      tap(see),
      catchError((error: unknown) => {
        failure = { error };
        return EMPTY;
      }),
      filter(hasMore),
      exhaustMap(write),
    ),
    defer(finish),
  ).pipe(
    takeUntil(watch(sink.failed)),
    finalize(() => {
      isOver = true;
      sink.release?.();
    }),
  );
}
