import {
  concatMap,
  defer,
  dematerialize,
  materialize,
  merge,
  type MonoTypeOperatorFunction,
  tap,
} from 'rxjs';
import type { Observable, ObservableNotification } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { WaitingChunks } from '../../operators/internal/waitingChunks.ts';

/** How fast a reader takes what it is given. */
export interface Pace {
  readonly isBusy: () => boolean;
  /** Emits when the reader may no longer be busy; never errors. */
  readonly ready: Observable<unknown>;
}

/**
 * Lets chunks pass while the reader is not busy. Those that wait are joined as `drainTo` joins them, so that they are
 * no more than the text; the end comes when they have passed.
 *
 * Chunks of a log are not joined, since each has an id of its own: the log holds them anyway.
 */
export function paced({ isBusy, ready }: Pace): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      const waiting = new WaitingChunks();
      const logged: StreamChunk[] = [];
      let end: ObservableNotification<StreamChunk> | undefined;

      const see = (seen: ObservableNotification<StreamChunk>) => {
        if (seen.kind !== 'N') {
          end = seen;
        } else if ('eventId' in seen.value) {
          logged.push(seen.value);
        } else {
          waiting.isTooLate(seen.value);
          waiting.add(seen.value);
        }
      };
      const next = () => waiting.shift() ?? logged.shift();
      function* pass(): Generator<ObservableNotification<StreamChunk>> {
        while (!isBusy()) {
          const value = next();
          if (!value) break;
          yield { kind: 'N', value };
        }
        if (end && waiting.isEmpty && logged.length === 0) yield end;
      }

      return merge(source.pipe(materialize(), tap(see)), ready).pipe(concatMap(pass), dematerialize());
    });
}
