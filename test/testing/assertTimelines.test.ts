import { of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import { assertTimelines, inVirtualTime, text, thinking, toolCall } from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

/** The message of the error that a function throws, empty where it throws none. */
function messageOf(run: () => void): string {
  try {
    run();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same of two values. */
function compared(actual: unknown, expected: unknown): string {
  return messageOf(() => assertTimelines(actual, expected));
}

const next = (frame: number, value: unknown) => ({ frame, notification: { kind: 'N', value } });
const failed = (frame: number, error: unknown) => ({ frame, notification: { kind: 'E', error } });

describe('assertTimelines', () => {
  it('says nothing where both are equal', () => {
    const error = () => new ProviderError('busy', { status: 529, retryable: true });

    expect(compared([next(1, { a: [1, new Date(0)] })], [next(1, { a: [1, new Date(0)] })])).toBe('');
    expect(compared([failed(1, error())], [failed(1, error())])).toBe('');
    expect(compared([], [])).toBe('');
  });

  it('shows both timelines, the first difference and what the characters stand for', () => {
    const test = inVirtualTime(({ coldChunks, expectChunks }) => {
      expectChunks(coldChunks('--H-i-|')).toBe('--H-w-|', { w: text('world') });
    });

    expect(messageOf(test)).toBe(
      [
        'The timelines differ at 4 ms',
        '',
        '  ms          2    4 6',
        '  expected  --(sH)-w-(f|)',
        '  actual    --(sH)-i-(f|)',
        '                   ^',
        '',
        '  s  start test test-1',
        '  H  text "H" in block 0',
        '  w  text "world" in block 0',
        '  f  finish stop',
        '  i  text "i" in block 0',
        '',
        '  At 4 ms',
        '    expected  w  text "world" in block 0',
        '    actual    i  text "i" in block 0',
        '    in text: expected "world", actual "i"',
      ].join('\n'),
    );
  });

  it('keeps frames below each other, whatever the groups and gaps', () => {
    const c = toolCall('weather', { city: 'Bern' });
    const test = inVirtualTime(({ coldChunks, expectChunks }) => {
      expectChunks(coldChunks('-c 30ms a#', { c })).toBe('-c-a 30ms b|', { c });
    });

    expect(messageOf(test).split('\n').slice(0, 6)).toEqual([
      'The timelines differ at 3 ms',
      '',
      '  ms         1      3      32 35',
      '  expected  -(stTc)-a 28ms --b(f|)',
      '  actual    -(stTc)-- 28ms a#',
      '                    ^',
    ]);
  });

  it('tells what is missing and what is too much', () => {
    expect(compared([next(1, 'a')], [])).toContain('    expected  nothing\n    actual    a  "a"');
    expect(compared([], [next(1, 'a')])).toContain('    expected  a  "a"\n    actual    nothing');
    expect(compared([next(1, 'a'), next(2, 'b')], [next(1, 'a'), next(3, 'b')])).toContain('differ at 2 ms');
  });

  it('tells no field where the types of the chunks differ', () => {
    const test = inVirtualTime(({ coldChunks, expectChunks }) => {
      expectChunks(coldChunks('a-')).toBe('t-', { t: thinking('a') });
    });

    expect(messageOf(test)).toContain('expected  t  thinking "a"');
    expect(messageOf(test)).not.toContain('in block: ');
    expect(messageOf(test)).not.toContain('in text: ');
  });

  it('tells the place of a difference deep in a value', () => {
    const actual = [next(0, { days: [{ sky: 'clear' }, { sky: 'grey', wind: 3 }] })];
    const expected = [next(0, { days: [{ sky: 'clear' }, { sky: 'grey' }] })];

    expect(compared(actual, expected)).toContain('in days[1].wind: expected nothing, actual 3');
    expect(compared(expected, actual)).toContain('in days[1].wind: expected 3, actual nothing');
    expect(compared([next(0, [1])], [next(0, [2])])).toContain('in [0]: expected 2, actual 1');
  });

  it('shows errors by class and message, and compares their facts', () => {
    const busy = (status: number) => new ProviderError('busy', { status, retryable: true });

    expect(compared([failed(1, busy(529))], [failed(1, busy(503))])).toContain(
      'actual    #  error ProviderError: busy\n    in status: expected 503, actual 529',
    );
    expect(compared([failed(1, busy(529))], [failed(1, new StreamInterruptedError('cut'))])).toContain(
      'expected  #  error StreamInterruptedError: cut',
    );
    expect(compared([failed(1, busy(529))], [failed(1, 'error')])).toContain('expected  #  error "error"');
    expect(compared([failed(1, { name: 'A', message: 'b' })], [failed(1, null)])).toContain('error A: b');
  });

  it('shows subscriptions as diagrams', () => {
    const test = inVirtualTime(({ coldChunks, expectChunks, expectSubscriptions }) => {
      const source = coldChunks('--a|');
      expectChunks(source, '-^--!').toBe('---a');
      expectSubscriptions(source.subscriptions).toBe(['^--!', '(^!)', '50ms ^ 50ms !', '^']);
    });

    expect(messageOf(test)).toBe(
      [
        'The subscriptions differ',
        '  expected  ^--!  from 0 ms, to 3 ms',
        '  expected  (^!)  from 0 ms, to 0 ms',
        '  expected  50ms ^  from 50 ms, to 101 ms',
        '  expected  ^  from 0 ms, open at the end',
        '  actual    -^--!  from 1 ms, to 4 ms',
      ].join('\n'),
    );
    expect(compared([], [{ subscribedFrame: 0, unsubscribedFrame: 1 }])).toContain('actual    none');
    expect(compared([{ subscribedFrame: 0, unsubscribedFrame: 1 }], [])).toContain('expected  none');
  });

  it('compares and shows anything else too', () => {
    expect(compared(1, 2)).toBe('The values differ\n  expected  2\n  actual    1');
    expect(compared({ a: 1 }, { a: null })).toBe('The values differ in a\n  expected  null\n  actual    1');
    expect(compared([1], {})).toContain('The values differ\n');
    expect(compared([1, 2], [1])).toContain('The values differ in [1]');
    expect(compared([undefined], [null])).toContain('actual    undefined');
  });

  it('knows what has no fields of its own', () => {
    expect(compared(new Map([[1, { a: 1 }]]), new Map([[1, { a: 1 }]]))).toBe('');
    expect(compared(new Set([1]), new Set([2]))).toContain('The values differ in [0]');
    expect(compared(new Uint8Array([1]), new Uint8Array([1]))).toBe('');
    expect(compared(/a/u, /b/u)).toContain('expected  /b/u');
    expect(compared(new URL('https://a.org'), new URL('https://b.org'))).toContain('https://a.org/');
    expect(compared({}, { a: () => undefined })).toContain('expected  function a');
    expect(compared([() => 1], [{}])).toContain('actual    a function');
    expect(compared({}, { a: 1n })).toContain('expected  1');
  });

  it('does not lose itself in what is long, deep or refers to itself', () => {
    const loop = () => {
      const value: Record<string, unknown> = { a: 1 };
      value['self'] = value;
      return value;
    };

    expect(compared(loop(), loop())).toBe('');
    expect(compared(loop(), 1)).toContain('…');
    expect(compared('x'.repeat(999), 1).length).toBeLessThan(250);
  });

  it('tells of more values than there are letters', () => {
    const many = Array.from({ length: 90 }, (_, index) => next(index, { index }));

    expect(compared(many, [])).toContain('  ?  { index: 89 }');
  });

  it('tells frames that are no whole numbers', () => {
    expect(compared([next(0.5, 'a')], [])).toContain(' 0.5ms a');
  });

  it('serves a TestScheduler outside of run and with Observables of Observables', () => {
    const scheduler = new TestScheduler(assertTimelines);
    scheduler.expectObservable(of(of(1))).toBe('(a|)', { a: 1 });

    expect(messageOf(() => scheduler.flush())).toContain('The timelines differ at 0 ms');
  });
});
