import {
  catchError,
  concat,
  concatMap,
  defer,
  type OperatorFunction,
  takeWhile,
  tap,
  throwError,
} from 'rxjs';
import { OpenCall } from '../../operators/internal/openCall.ts';
import type { TextReader } from '../../providers/wire/lines.ts';
import { isRetryable, WireError } from '../../providers/wire/wireError.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError, ProviderError, type RxllmError, StreamInterruptedError } from '../../src/errors.ts';
import { asTold } from './toldErrors.ts';

/** One event of a body. */
export interface BodyEvent {
  readonly data: string;
  /** Its name, where it is no `message`. */
  readonly event?: string | undefined;
  readonly id?: string | undefined;
}

/** What an event is worth, `end` being the end marker. Throws what the event tells of, or finds wrong with it. */
export type ToChunks = (event: BodyEvent) => Iterable<StreamChunk | 'end'>;

/** What makes a format's `decode`. */
export interface EventDecoder {
  /** Cuts text into events; {@link readEventStream} does it for Server-Sent Events. */
  readonly read: (onEvent: (event: BodyEvent) => void) => TextReader;
  /** Makes what reads the events of one body. */
  readonly map: () => ToChunks;
}

/**
 * Reads chunks out of text that is made of events.
 *
 * Knows what all formats have in common: nothing is read beyond what is asked for, text that ends without an end marker
 * was cut, and errors tell what had arrived.
 */
export function decodeEvents({ read, map }: EventDecoder): OperatorFunction<string, StreamChunk> {
  return (source) =>
    defer(() => {
      const call = new OpenCall('all');
      const toChunks = map();
      let events: BodyEvent[] = [];
      let isAtEnd = false;
      const reader = read((event) => events.push(event));

      /** What is read, one chunk at a time: nobody may want the next one. */
      function* take(readOn: () => void): Generator<StreamChunk | 'end'> {
        let failure: { readonly error: unknown } | undefined;
        try {
          readOn();
        } catch (error) {
          failure = { error };
        }
        const taken = events;
        events = [];
        try {
          for (const event of taken) yield* toChunks(event);
        } catch (error) {
          throw isRxllmError(error) ? asTold(error) : error;
        }
        if (failure) throw failure.error;
      }
      const interrupted = (why: string, cause?: unknown) =>
        new StreamInterruptedError(`The answer broke off: ${why}`, { ...call.details, cause });
      const toTyped = (error: unknown): RxllmError => {
        if (isRxllmError(error)) return error;
        if (isAtEnd && error instanceof SyntaxError)
          return interrupted('it ended in the middle of an event', error);
        const { details = { code: 'malformed-event', retryable: true } } = error as Partial<WireError>;
        const { code, status, retryable = isRetryable(status, code) } = details;
        const { message } = error as Error;
        return new ProviderError(
          error instanceof WireError ? `The server ${message}` : `An event cannot be read: ${message}`,
          { ...call.details, code, status, retryable, cause: error },
        );
      };

      const lost = (cause: unknown) =>
        throwError(() =>
          isRxllmError(cause)
            ? cause.withPartial(() => call.partial)
            : interrupted(cause instanceof Error ? cause.message : String(cause), cause),
        );

      return concat(
        source.pipe(
          catchError(lost),
          concatMap((text) => take(() => reader.push(text))),
        ),
        defer(() => {
          isAtEnd = true;
          return take(() => reader.end());
        }),
        defer(() => throwError(() => interrupted('it ended without its end'))),
      ).pipe(
        takeWhile((chunk) => chunk !== 'end'),
        tap((chunk) => call.take(chunk)),
        catchError((error: unknown) => throwError(() => toTyped(error))),
      );
    });
}
