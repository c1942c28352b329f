import {
  asyncScheduler,
  catchError,
  defer,
  dematerialize,
  filter,
  map,
  materialize,
  merge,
  type MonoTypeOperatorFunction,
  type Observable,
  repeat,
  type SchedulerLike,
  take,
  tap,
  throwError,
} from 'rxjs';
import { createDeadline } from '../../operators/internal/deadline.ts';
import { checkNumber } from '../../src/checkOptions.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError, ProviderError } from '../../src/errors.ts';
import type { ChunkFormat } from '../format.ts';
import { sse } from '../sse.ts';
import { checkFormat } from './checkFormat.ts';
import { type Pace, paced } from './paced.ts';

/** Options of {@link toResponse} and {@link pipeToNode}. */
export interface BodyOptions {
  /** How the chunks are written. @defaultValue sse() */
  readonly format?: ChunkFormat;
  /**
   * Milliseconds of silence after which the format's heartbeat is written, where it has one: proxies close connections
   * that are silent, and models think for minutes. `Infinity` for none.
   *
   * @defaultValue 15000
   */
  readonly heartbeat?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** How much may be written ahead of the reader before chunks are made to wait, in characters: what a socket takes. */
export const readAhead = 16_384;

/** The body of a response before it is written: what it is, and its text at the pace of its reader. */
export interface Body {
  readonly headers: Readonly<Record<string, string>>;
  /** Errors only where the format has no words for it. */
  readonly text: (pace: Pace) => Observable<string>;
}

/** Checks the options, and says what is to be written. */
export function writeBody(owner: string, chunks$: Observable<StreamChunk>, options: BodyOptions): Body {
  const { format = sse(), heartbeat = 15_000, scheduler = asyncScheduler } = options;
  checkFormat(owner, format);
  checkNumber(owner, 'heartbeat', heartbeat, { min: 1 });

  return {
    headers: {
      'content-type': format.contentType,
      // `no-transform` keeps compression, which collects what it is given, away from the stream.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      // Browsers hold back the beginning of a text to guess its type.
      'x-content-type-options': 'nosniff',
      ...format.headers,
    },
    text: (pace) => {
      const text = chunks$.pipe(withoutForeignErrors(), paced(pace), format.encode);
      const isSilent = format.heartbeat === undefined || heartbeat === Infinity;
      return isSilent ? text : text.pipe(withHeartbeat(format.heartbeat, heartbeat, scheduler, pace));
    },
  };
}

/** A bug or a database may say anything: only errors of this library are for the other side to read. */
export function withoutForeignErrors(): MonoTypeOperatorFunction<StreamChunk> {
  return catchError((error: unknown) =>
    throwError(() =>
      isRxllmError(error)
        ? error
        : new ProviderError('The server failed', { code: 'internal', retryable: false, cause: error }),
    ),
  );
}

/** Writes the heartbeat after every such time in which nothing was written, unless the reader is behind anyway. */
function withHeartbeat(
  heartbeat: string,
  every: number,
  scheduler: SchedulerLike,
  { isBusy }: Pace,
): MonoTypeOperatorFunction<string> {
  return (source) =>
    defer(() => {
      const deadline = createDeadline(scheduler, scheduler.now() + every);
      const wait = () => deadline.move(scheduler.now() + every);

      const beats = deadline.passed.pipe(
        take(1),
        tap(wait),
        repeat(),
        filter(() => !isBusy()),
        map(() => ({ kind: 'N', value: heartbeat }) as const),
      );
      return merge(source.pipe(tap(wait), materialize()), beats).pipe(dematerialize());
    });
}
