import { animationFrameScheduler, asyncScheduler, Subject, take } from 'rxjs';
import { afterEach, describe, expect, it as plainIt, vi } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import { latestPerFrame } from '../../operators/latestPerFrame.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

/** A page that shows a frame when the test says so. */
function stubFrames() {
  let waiting: (() => void)[] = [];
  vi.stubGlobal('requestAnimationFrame', (show: () => void) => waiting.push(show));
  vi.stubGlobal('cancelAnimationFrame', (id: number) => (waiting[id - 1] = () => undefined));
  return {
    count: () => waiting.length,
    show: () => {
      const shown = waiting;
      waiting = [];
      for (const callback of shown) callback();
    },
  };
}

describe('latestPerFrame', () => {
  afterEach(() => vi.unstubAllGlobals());

  behavesAsOperator('latestPerFrame', () => latestPerFrame());

  it('emits the first at once and then the latest of each frame', (m) => {
    const source = m.cold('ab-c-----d-e|');
    const expected = '     a---c----d--(e|)';

    m.expect(source.pipe(latestPerFrame(4))).toBeObservable(expected);
  });

  it('begins a frame with each value it emits, and none where nothing came', (m) => {
    const source = m.cold('a-b------c-d---e|');
    const expected = '     a---b----c---d--(e|)';

    m.expect(source.pipe(latestPerFrame(4))).toBeObservable(expected);
  });

  it('delivers the last before completion, without waiting for the frame', (m) => {
    m.expect(m.cold('ab|').pipe(latestPerFrame(1_000))).toBeObservable('a-(b|)');
    m.expect(m.cold('(abc|)').pipe(latestPerFrame(1_000))).toBeObservable('(ac|)');
  });

  it('delivers the last before an error', (m) => {
    m.expect(m.cold('ab-#').pipe(latestPerFrame(1_000))).toBeObservable('a--(b#)');
  });

  it('delivers nothing twice at the end', (m) => {
    m.expect(m.cold('ab---|').pipe(latestPerFrame(2))).toBeObservable('a-b--|');
    m.expect(m.cold('a-#').pipe(latestPerFrame(9))).toBeObservable('a-#');
  });

  it('delivers a last value that is undefined', (m) => {
    const values = { a: 1, b: undefined };

    m.expect(m.cold('ab|', values).pipe(latestPerFrame(9))).toBeObservable('a-(b|)', values);
  });

  it('takes 16 ms for a frame where there is no browser', (m) => {
    const source = m.cold('ab 30ms c|');
    const expected = '     a 15ms b 15ms c|';

    m.expect(source.pipe(latestPerFrame())).toBeObservable(expected);
  });

  it('shows the whole text in few steps', (m) => {
    const source = m.cold('sabcabcf|', chunks);
    const expected = '     -a---x--(y|)';

    m.expect(source.pipe(accumulateText(), latestPerFrame(4))).toBeObservable(expected, {
      a: 'a',
      x: 'abcab',
      y: 'abcabc',
    });
  });

  it('drops what waits when unsubscribed from', (m) => {
    const source = m.cold('ab--------');
    const unsub = '        ^--!';

    m.expect(source.pipe(latestPerFrame(5)), unsub).toBeObservable('a---');
    m.expect(source).toHaveSubscriptions(unsub);
  });

  plainIt("takes the browser's frames where there are any", () => {
    const frames = stubFrames();
    const source = new Subject<number>();
    const seen: unknown[] = [];
    source
      .pipe(latestPerFrame())
      .subscribe({ next: (value) => seen.push(value), complete: () => seen.push('|') });

    for (const value of [1, 2, 3]) source.next(value);
    expect(seen).toStrictEqual([1]);
    frames.show();
    expect(seen).toStrictEqual([1, 3]);
    frames.show();
    expect(frames.count()).toBe(0);
    source.next(4);
    source.next(5);
    source.complete();
    expect(seen).toStrictEqual([1, 3, 4, 5, '|']);
  });

  plainIt('takes animationFrameScheduler without a time, and a time with its own clock', () => {
    const frames = stubFrames();
    const source = new Subject<number>();
    const seen: number[] = [];
    source
      .pipe(latestPerFrame(undefined, { scheduler: animationFrameScheduler }))
      .subscribe((value) => seen.push(value));
    const schedule = vi.spyOn(asyncScheduler, 'schedule');
    const timed = source.pipe(latestPerFrame(50)).subscribe();

    source.next(1);
    source.next(2);
    frames.show();
    expect(seen).toStrictEqual([1, 2]);
    expect(schedule).toHaveBeenCalledExactlyOnceWith(expect.any(Function), 50);
    timed.unsubscribe();
    schedule.mockRestore();
  });

  plainIt('keeps the order where showing a value makes the next', () => {
    const source = new Subject<number>();
    const seen: number[] = [];
    source.pipe(latestPerFrame(1_000), take(3)).subscribe((value) => {
      seen.push(value);
      if (value < 3) source.next(value + 1);
    });
    source.next(1);
    source.complete();

    expect(seen).toStrictEqual([1, 2]);
  });

  plainIt('throws at the call for a wrong time', () => {
    expect(() => latestPerFrame(-1)).toThrow('latestPerFrame: time must be a number from 0, not -1');
  });
});
