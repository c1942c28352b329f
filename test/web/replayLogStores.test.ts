import {
  concat,
  concatMap,
  defer,
  from,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  type ObservableInput,
  retry,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import { memoryReplayStore, replayLog, type ReplayStore } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { it } from '../marbles.ts';

const full = new Error('full');
const lost = new StreamInterruptedError(
  'The run "run" was lost: who records it has said nothing for a minute',
);

/** Does something from a moment on. */
function at<T>(moment: number, next: Observable<T>): Observable<T> {
  return concat(timer(moment).pipe(ignoreElements()), next);
}

/** A store whose answers come later, as those of a database do. */
function slow(store: ReplayStore): ReplayStore {
  const later = <T>(next: () => ObservableInput<T>) => timer(5).pipe(concatMap(next));
  return {
    ...store,
    append: (log, value) => later(() => store.append(log, value)),
    read: (log) => later(() => store.read(log)),
  };
}

/** A slow store of which one of the first calls fails, after or before it has done what it was asked for. */
function failingAt(failing: number, isDone: boolean): ReplayStore {
  const store = slow(memoryReplayStore());
  let calls = 0;
  const count = <T>(call: () => ObservableInput<T>): Observable<T> =>
    defer(() => {
      calls += 1;
      const fail = throwError(() => full);
      if (calls !== failing) return call();
      return isDone ? concat(from(call()).pipe(ignoreElements()), fail) : fail;
    });
  return {
    append: (log, value) => count(() => store.append(log, value)),
    read: (log) => count(() => store.read(log)),
    // What is followed has no end after which it could fail.
    follow: (log, after) =>
      count(() => (calls === failing ? throwError(() => full) : store.follow(log, after))),
    remove: (log) => {
      store.remove(log);
    },
  };
}

/** What a follower sees, as it comes: texts and types, and the message of an error. */
function seenOf(source: Observable<StreamChunk>): string[] {
  const seen: string[] = [];
  source.subscribe({
    next: (chunk) => seen.push(chunk.type === 'text-delta' ? chunk.text : chunk.type),
    error: ({ message }: Error) => seen.push(message),
    complete: () => seen.push('end'),
  });
  return seen;
}

describe('replayLog, with a store that takes its time', () => {
  const moments = Array.from({ length: 70 }, (_, moment) => moment);

  it('forgets a run that was left at any moment, and starts the next of its name', (m) => {
    const all = moments.map((moment) => {
      const store = memoryReplayStore();
      const log = replayLog({ store: slow(store), keepFor: 50 });
      seenOf(log.record('run', m.cold('s-a-f|', chunks)).pipe(takeUntil(timer(moment))));
      const left: number[] = [];
      at(
        250,
        concat(
          defer(() => store.read('control/run')),
          defer(() => store.read('chunks/run')),
        ),
      ).subscribe(({ length }) => left.push(length));
      return { left, next: seenOf(at(300, log.record('run', m.cold('s-b-f|', chunks)))) };
    });
    m.flush();

    expect(all).toStrictEqual(moments.map(() => ({ left: [0, 0], next: ['start', 'b', 'finish', 'end'] })));
  });

  it('gives all of a run that was left at any moment to who comes at once', (m) => {
    const all = moments.map((moment) => {
      const log = replayLog({ store: slow(memoryReplayStore()), keepFor: 50 });
      seenOf(log.record('run', m.cold('s-a-f|', chunks)).pipe(takeUntil(timer(moment))));
      return seenOf(at(moment + 1, log.record('run', m.cold('s-b-f|', chunks))));
    });
    m.flush();

    // At 0 the first one has left before anything was asked for.
    expect(all.slice(1)).toStrictEqual(moments.slice(1).map(() => ['start', 'a', 'finish', 'end']));
  });

  for (const isDone of [false, true]) {
    it(`starts a run again after any call of the store has failed, ${isDone ? 'having' : 'not having'} done it`, (m) => {
      // As many as one run asks for.
      const all = Array.from({ length: 8 }, (_, call) => {
        const log = replayLog({ store: failingAt(call + 1, isDone), keepFor: 50 });
        const first = seenOf(log.record('run', m.cold('s-a-f|', chunks)));
        const next = seenOf(at(500, log.record('run', m.cold('s-b-f|', chunks)).pipe(retry(1))));
        return { first, next };
      });
      m.flush();

      const ends = ['end', 'full', 'The server failed'];
      expect(all.filter(({ first }) => !ends.includes(first.at(-1) ?? ''))).toStrictEqual([]);
      expect(all.map(({ next }) => next)).toStrictEqual(all.map(() => ['start', 'b', 'finish', 'end']));
    });
  }

  for (const call of [1, 2]) {
    it(`starts a run again whose claim failed, at call ${call}, when its client had left`, (m) => {
      const log = replayLog({ store: failingAt(call, false), keepFor: 50 });
      seenOf(log.record('run', m.cold('s-a-f|', chunks)).pipe(takeUntil(timer(2))));
      const next = seenOf(at(500, log.record('run', m.cold('s-b-f|', chunks)).pipe(retry(1))));
      m.flush();

      expect(next).toStrictEqual(['start', 'b', 'finish', 'end']);
    });
  }

  it('goes on where the store does not take that it does', (m) => {
    const store = memoryReplayStore();
    const append = (log: string, value: unknown) =>
      value === 'alive' ? throwError(() => full) : store.append(log, value);
    const source = m.cold('s 20s f|', chunks);
    const types = replayLog({ store: { ...store, append } })
      .record('run', source)
      .pipe(map(({ type }) => type));

    m.expect(types).toBeObservable('s 20s f|', { s: 'start', f: 'finish' });
  });

  it('waits for nobody when the store says nothing', (m) => {
    const store: ReplayStore = { ...memoryReplayStore(), append: () => NEVER };
    const source = m.cold('s-a|', chunks);

    m.expect(replayLog({ store }).record('run', source), '^---!').toBeObservable('-----');
    m.expect(source).toHaveSubscriptions([]);
  });

  it('begins a run behind a stop that came too late for the one before', (m) => {
    const store = memoryReplayStore();
    from(store.append('control/run', 'stop')).subscribe();

    m.expect(
      replayLog({ store })
        .record('run', m.cold('s-a|', chunks))
        .pipe(map(({ type }) => type)),
    ).toBeObservable('s-a|', { s: 'start', a: 'text-delta' });
  });
});

describe('replayLog, with several processes', () => {
  it('tells that a run is lost whose process says nothing any more, and starts the next', (m) => {
    const store = memoryReplayStore();
    let isGone = false;
    const dying: ReplayStore = {
      ...store,
      append: (log, value) => (isGone ? NEVER : store.append(log, value)),
      remove: () => undefined,
    };
    seenOf(
      replayLog({ store: dying })
        .record('run', m.cold('s-a-b 99s f|', chunks))
        .pipe(takeUntil(timer(3).pipe(tap(() => (isGone = true))))),
    );
    const other = replayLog({ store });
    const next = m.cold('b|', chunks);

    m.expect(at(10, other.follow('run').pipe(map(({ type }) => type)))).toBeObservable(
      '10ms (sa) 59996ms #',
      { s: 'start', a: 'text-delta' },
      lost,
    );
    m.expect(at(60_011, other.record('run', next).pipe(map(({ type }) => type)))).toBeObservable(
      '60011ms a|',
      { a: 'text-delta' },
    );
  });

  it('waits for a run that is silent for long', (m) => {
    const store = memoryReplayStore();
    const follow = replayLog({ store })
      .follow('run')
      .pipe(map(({ type }) => type));
    const source = m.cold('s 10m f|', chunks);

    m.expect(replayLog({ store }).record('run', source).pipe(ignoreElements())).toBeObservable('10m --|');
    m.expect(at(1, follow)).toBeObservable('-s 599999ms f|', { s: 'start', f: 'finish' });
  });
});
