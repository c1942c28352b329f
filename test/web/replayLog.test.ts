import {
  concat,
  defer,
  delay,
  from,
  ignoreElements,
  map,
  type Observable,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import type { FinishChunk } from '../../src/chunk.ts';
import { InvalidRequestError, ProviderError } from '../../src/errors.ts';
import { memoryReplayStore, replayLog } from '../../web/index.ts';
import { chunks, cut } from '../chunks.ts';
import { it } from '../marbles.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, c, f } = chunks;
const aborted: FinishChunk = { type: 'finish', reason: 'aborted', metadata: {} };
const logged = {
  s: { ...s, eventId: '1' },
  a: { ...a, eventId: '2' },
  b: { ...b, eventId: '3' },
  c: { ...c, eventId: '4' },
  f: { ...f, eventId: '5' },
  F: { ...aborted, eventId: '4' },
};
const unknown = new InvalidRequestError('There is no run "run": it never began, or is forgotten');

/** Does something with a log from a moment on. */
function at<T>(moment: number, next: Observable<T>): Observable<T> {
  return concat(timer(moment).pipe(ignoreElements()), next);
}

describe('replayLog', () => {
  it('follows a run while it is recorded, and tells the place of each chunk', (m) => {
    const source = m.cold('                                     s-a-b-c-f|', chunks);

    m.expect(replayLog().record('run', source)).toBeObservable('s-a-b-c-f|', logged);
    m.expect(source).toHaveSubscriptions('                      ^--------!');
  });

  it('starts nothing before it is subscribed to', (m) => {
    const source = m.cold('s-a|', chunks);
    void replayLog().record('run', source);

    m.expect(source).toHaveSubscriptions([]);
  });

  it('gives who comes later what was recorded, then what comes', (m) => {
    const log = replayLog();
    const source = m.cold(' s-a-b------c-f|', chunks);
    const expected = '      -----(sab)-c-f|';

    m.expect(log.record('run', source)).toBeObservable('s-a-b------c-f|', logged);
    m.expect(at(5, log.follow('run'))).toBeObservable(expected, logged);
    m.expect(source).toHaveSubscriptions('^-------------!');
  });

  it('gives who comes again the rest', (m) => {
    const log = replayLog();
    const source = m.cold('s-a-b------c-f|', chunks);
    const unsub = '        ^--!';
    const expected = '     -----b-----c-f|';

    m.expect(log.record('run', source), unsub).toBeObservable('s-a', logged);
    m.expect(at(5, log.follow('run', { after: '2' }))).toBeObservable(expected, logged);
    m.expect(source).toHaveSubscriptions('^-------------!');
  });

  it('gives the rest to whoever asks for the same run again, and starts no other', (m) => {
    const log = replayLog();
    const source = m.cold('s-a-b------c-f|', chunks);
    const other = m.cold('-----a|', chunks);
    const unsub = '       ^--!';

    m.expect(log.record('run', source), unsub).toBeObservable('s-a', logged);
    m.expect(at(5, log.record('run', other, { after: '2' }))).toBeObservable('-----b-----c-f|', logged);
    m.expect(at(5, log.record('run', other, { after: '' }))).toBeObservable('-----(sab)-c-f|', logged);
    m.expect(other).toHaveSubscriptions([]);
  });

  it('gives all at once what is recorded without time', (m) => {
    const log = replayLog();

    m.expect(log.record('run', from([s, a]))).toBeObservable('(sa|)', logged);
    m.expect(at(3, log.follow('run'))).toBeObservable('---(sa|)', logged);
  });

  it('aborts a run that nobody has followed for the time', (m) => {
    const log = replayLog({ keepFor: 6 });
    const source = m.cold('s-a-b------c-f|', chunks);
    const unsub = '        ^--!';
    const subs = '         ^--------!';

    m.expect(log.record('run', source), unsub).toBeObservable('s-a', logged);
    m.expect(source).toHaveSubscriptions(subs);
    m.expect(at(10, log.follow('run'))).toBeObservable('----------#', {}, unknown);
  });

  it('lets a run go on while somebody follows it', (m) => {
    const log = replayLog({ keepFor: 6 });
    const source = m.cold('s-a-b------c-f|', chunks);

    m.expect(log.record('run', source), '^--!').toBeObservable('s-a', logged);
    m.expect(at(5, log.follow('run', { after: '3' })), '------------!').toBeObservable(
      '-----------c',
      logged,
    );
    m.expect(source).toHaveSubscriptions('^-------------!');
  });

  it('keeps what has ended as long, and forgets it then', (m) => {
    const log = replayLog({ keepFor: 6 });
    const source = m.cold('s-a|', chunks);
    const again = m.cold('         a|', chunks);

    m.expect(log.record('run', source)).toBeObservable('s-a|', logged);
    m.expect(at(8, log.follow('run'))).toBeObservable('--------(sa|)', logged);
    m.expect(at(15, log.follow('run'))).toBeObservable('---------------#', {}, unknown);
    m.expect(at(16, log.record('run', again))).toBeObservable('----------------x|', {
      x: { ...a, eventId: '1' },
    });
  });

  it('stops a run gracefully when it is asked to, for all who follow', (m) => {
    const log = replayLog();
    const source = m.cold('s-a-b------c-f|', chunks);
    const expected = '     s-a-b-(F|)';

    m.expect(log.record('run', source)).toBeObservable(expected, logged);
    m.expect(at(6, log.stop('run'))).toBeObservable('------(y|)', { y: true });
    m.expect(at(8, log.follow('run', { after: '2' }))).toBeObservable('--------(bF|)', logged);
    m.expect(source).toHaveSubscriptions('^-----!');
  });

  it('leaves the stopping to a function that is given it', (m) => {
    const log = replayLog();
    const source = m.cold('s-a-b------c-f|', chunks);
    const record = log.record('run', (stopped) => source.pipe(takeUntil(stopped.pipe(delay(2)))));

    m.expect(record).toBeObservable('s-a-b---|', logged);
    m.expect(at(6, log.stop('run'))).toBeObservable('------(y|)', { y: true });
    m.expect(source).toHaveSubscriptions('^-------!');
  });

  it('tells when there is no run to stop', (m) => {
    m.expect(replayLog().stop('run')).toBeObservable('(n|)', { n: false });
  });

  it('fails with what the run failed with, also for who comes later', (m) => {
    const log = replayLog();
    const source = m.cold('s-a-#', chunks, cut);

    m.expect(log.record('run', source)).toBeObservable('s-a-#', logged, cut);
    m.expect(at(6, log.follow('run', { after: '1' }))).toBeObservable('------(a#)', logged, cut);
  });

  it('tells nothing of an error that is not of this library', (m) => {
    const failed = new ProviderError('The server failed', { code: 'internal', retryable: false });
    const source = throwError(() => new Error('password=secret'));

    m.expect(replayLog().record('run', source)).toBeObservable('#', {}, failed);
  });

  it('starts no run for who has seen a part of one that is forgotten', (m) => {
    const source = m.cold('s-a|', chunks);

    m.expect(replayLog().record('run', source, { after: '2' })).toBeObservable('#', {}, unknown);
    m.expect(source).toHaveSubscriptions([]);
  });

  plainIt.each(['7', '-1', '1.5', 'x'])('fails where there is no entry %j', async (after) => {
    const log = replayLog();
    await outcomeOf(log.record('run', from([s, a])));
    const { error } = await outcomeOf(log.follow('run', { after }));

    expect(error).toStrictEqual(
      new InvalidRequestError(`There is no entry ${JSON.stringify(after)} in this log`),
    );
  });

  it('keeps runs apart', (m) => {
    const log = replayLog();

    m.expect(log.record('one', m.cold('s-a|', chunks))).toBeObservable('s-a|', logged);
    m.expect(log.record('other', m.cold('s|', chunks))).toBeObservable('s|', logged);
  });

  it('starts a run once among processes that share a store, which can stop it', (m) => {
    const store = memoryReplayStore();
    const [one, other] = [replayLog({ store }), replayLog({ store })];
    const source = m.cold('s-a-b------c-f|', chunks);
    const never = m.cold(' -', chunks);

    m.expect(one.record('run', source)).toBeObservable('s-a-b----(F|)', logged);
    m.expect(at(1, other.record('run', never))).toBeObservable('-sa-b----(F|)', logged);
    m.expect(at(9, other.stop('run'))).toBeObservable('---------(y|)', { y: true });
    m.expect(never).toHaveSubscriptions([]);
  });

  it('fails where the store fails', (m) => {
    const store = memoryReplayStore();
    const full = new Error('full');
    const append = (log: string, value: unknown) =>
      log.startsWith('chunks') ? throwError(() => full) : store.append(log, value);
    const source = m.cold('--s-a|', chunks);

    m.expect(replayLog({ store: { ...store, append } }).record('run', source)).toBeObservable(
      '--#',
      {},
      full,
    );
    m.expect(source).toHaveSubscriptions('^-!');
  });

  it('leaves nobody behind in the store', (m) => {
    const store = memoryReplayStore();
    const log = replayLog({ store, keepFor: 2 });
    const sizeOf = (name: string) => defer(() => store.read(name)).pipe(map(({ length }) => length));

    m.expect(log.record('run', m.cold('sa|', chunks))).toBeObservable('sa|', logged);
    m.expect(at(3, sizeOf('chunks/run'))).toBeObservable('---(n|)', { n: 3 });
    m.expect(at(6, concat(sizeOf('chunks/run'), sizeOf('control/run')))).toBeObservable('------(nn|)', {
      n: 0,
    });
  });

  plainIt('refuses a time that no timer can wait', () => {
    expect(() => replayLog({ keepFor: Infinity })).toThrow(
      'replayLog: keepFor must be a number from 0 to 2147483647',
    );
  });
});
