import type { VirtualTimeScheduler } from 'rxjs';
import {
  concat,
  delay,
  EMPTY,
  finalize,
  from,
  NEVER,
  type Observable,
  of,
  take,
  throwError,
  timer,
  map,
  concatMap,
} from 'rxjs';
import { z } from 'zod';
import { StreamInterruptedError } from '../../src/errors.ts';
import { ResponseBuilder, type StreamChunk, type Tool } from '../../src/index.ts';

/** How a stream breaks: it throws, tells of the error in a chunk, or falls silent. */
export type Failure = 'throws' | 'tells' | 'stalls';

/** All that a subscriber was told. */
export interface Told<T> {
  readonly values: T[];
  error: unknown;
  /** How often the stream ended. */
  endings: number;
}

/** Subscribes and lets virtual time run out. */
export function run<T>(stream: Observable<T>, scheduler: VirtualTimeScheduler): Told<T> {
  const told: Told<T> = { values: [], error: undefined, endings: 0 };
  stream.subscribe({
    next: (value) => told.values.push(value),
    error: (error: unknown) => {
      told.error = error;
      told.endings += 1;
    },
    complete: () => (told.endings += 1),
  });
  scheduler.flush();
  return told;
}

/** A stream of chunks, all at once or a millisecond apart, that then ends in the given way. */
export function play(
  chunks: readonly StreamChunk[],
  scheduler: VirtualTimeScheduler,
  { isPaced = false, failure }: { readonly isPaced?: boolean; readonly failure?: Failure | undefined } = {},
): Observable<StreamChunk> {
  const partial = () => {
    const response = new ResponseBuilder();
    for (const chunk of chunks) response.add(chunk);
    return response.partial;
  };
  const error = new StreamInterruptedError('cut', { provider: 'test', partial });
  const end: Observable<StreamChunk> =
    failure === 'throws'
      ? throwError(() => error)
      : failure === 'tells'
        ? of({ type: 'error', error: error.toJSON() })
        : failure === 'stalls'
          ? NEVER
          : EMPTY;
  const all = from(chunks);
  return concat(isPaced ? all.pipe(concatMap((chunk) => of(chunk).pipe(delay(1, scheduler)))) : all, end);
}

/** The tools that random calls name, but for `unknown`: one answers at once, one after progress. */
export function toolsIn(
  scheduler: VirtualTimeScheduler,
  onEnd: () => void = () => undefined,
): readonly Tool[] {
  const parameters = z.object({ city: z.string() });
  return [
    { name: 'weather', parameters, execute: (args: unknown) => args },
    {
      name: 'slow',
      parameters,
      execute: (args: unknown) =>
        timer(2, 1, scheduler).pipe(
          map((tick) => ({ tick, args })),
          take(2),
          finalize(onEnd),
        ),
    },
  ] as readonly Tool[];
}
