import { concatMap, finalize, type Observable, tap, timer } from 'rxjs';
import { bufferChunks, drainTo, joinDeltas } from 'rxllm/operators';
import { fromText, inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const answer$ = fromText('word '.repeat(1_000), { interval: 1 });
/** Stands for a database. */
const write = () => timer(20);

it(
  'holds no more than the text for a consumer that is slow',
  inVirtualTime(({ flush }) => {
    /** Writes one after the other, and counts how many wait at most. */
    const mostWaiting = (source$: Observable<unknown>) => {
      let waiting = 0;
      let most = 0;
      source$
        .pipe(
          tap(() => (most = Math.max(most, ++waiting))),
          concatMap(() => write().pipe(finalize(() => (waiting -= 1)))),
        )
        .subscribe();
      flush();
      return most;
    };

    // The symptom: concatMap holds every chunk that has not been written.
    expect(mostWaiting(answer$)).toBeGreaterThan(900);

    // The remedy: fewer and larger writes …
    expect(mostWaiting(answer$.pipe(bufferChunks({ count: 60 }), joinDeltas()))).toBeLessThan(3);

    // … or as large as they have to be: all that waits is one delta. The limit is for a sink that has stopped.
    let writes = 0;
    const sink = () => {
      writes += 1;
      return write();
    };
    answer$.pipe(drainTo(sink, { limit: 100_000 })).subscribe();
    flush();
    expect(writes).toBeLessThan(60);
  }),
);
