import { map, NEVER, of, range, Subject, take, takeUntil } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { ProviderError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { debugMarbles, type DebugMarblesOptions } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it, type Marbles } from '../marbles.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

/** What is written, each row with the time at which it is. */
function watch<T>(m: Marbles, options: Omit<DebugMarblesOptions, 'write'> = {}) {
  const rows: (readonly [at: number, row: string])[] = [];
  const write = (row: string) => rows.push([m.scheduler.now(), row]);
  return { rows, debug: debugMarbles<T>({ write, ...options }) };
}

const lines = (...all: readonly string[]) => all.join('\n');

describe('debugMarbles', () => {
  behavesAsOperator('debugMarbles', () => debugMarbles({ write: () => undefined }));

  it('passes everything on, and writes the diagram with what its letters stand for', (m) => {
    const { rows, debug } = watch<StreamChunk>(m, { label: 'answer' });

    m.expectChunks(m.coldChunks('--H-i-|').pipe(debug)).toBe('--H-i-|');
    m.flush();

    expect(rows).toEqual([
      [
        6,
        lines(
          '  ms        2    4 6',
          '  answer  --(sH)-i-(f|)',
          '  s  start test test-1',
          '  H  text "H" in block 0',
          '  i  text "i" in block 0',
          '  f  finish stop',
        ),
      ],
    ]);
  });

  it('writes a row a second after its first notification, so that a stall is seen while it lasts', (m) => {
    const { rows, debug } = watch(m);

    m.expect(m.cold<string>('5ms a 1500ms b|').pipe(debug)).toBeObservable('5ms a 1500ms b|');
    m.flush();

    expect(rows).toEqual([
      [1_005, lines('  ms       5', '      -----a', '  a  "a"')],
      [1_507, lines('  ms          1506', '       1500ms b|', '  b  "b"')],
    ]);
  });

  it('writes a row when the next notification has no room in it', (m) => {
    const { rows, debug } = watch(m, { width: 20 });

    m.expect(m.cold<string>('abcd 20ms abcdefgh-').pipe(debug), '^ 37ms !').toBeObservable(
      'abcd 20ms abcdefgh-',
    );
    m.flush();

    expect(rows).toEqual([
      [
        29,
        lines(
          '  ms  0 2       24 27',
          '      abcd 20ms abcd',
          '  a  "a"',
          '  b  "b"',
          '  c  "c"',
          '  d  "d"',
        ),
      ],
      [
        38,
        lines(
          '  ms  28 31     38',
          '      efgh------!',
          '  e  "e"',
          '  f  "f"',
          '  g  "g"',
          '  h  "h"',
          '  !  unsubscribed',
        ),
      ],
    ]);
  });

  it('tells errors, and those that a retry has told', (m) => {
    const { rows, debug } = watch<StreamChunk>(m);
    const error = new ProviderError('busy', { status: 529, retryable: false });

    m.expectChunks(m.coldChunks('-H#', {}, error).pipe(debug, retryStream())).toBe('-H#', {}, error);
    m.flush();

    expect(rows[0]?.[1]).toContain('-(sH)#\n');
    expect(rows[0]?.[1]).toContain('\n  #  error ProviderError: busy');
  });

  it('shows when its reader leaves', (m) => {
    const { rows, debug } = watch(m);

    m.expect(m.cold<string>('a-b-c').pipe(debug), '^--!').toBeObservable('a-b');
    m.flush();

    expect(rows).toEqual([
      [3, lines('  ms  0 2', '      a-b!', '  a  "a"', '  b  "b"', '  !  unsubscribed')],
    ]);
    const taken = watch<string>(m);
    of('a', 'b').pipe(taken.debug, take(1)).subscribe();
    expect(taken.rows[0]?.[1]).toContain('(a!)');
  });

  it('counts from its own subscription, and writes each subscriber a diagram of its own', (m) => {
    const { rows, debug } = watch(m, { scheduler: m.scheduler });
    const source = m.cold<string>('-a|').pipe(debug);

    m.expect(source, '--^').toBeObservable('---a|');
    m.expect(source).toBeObservable('-a|');
    m.flush();

    expect(rows.map(([, row]) => row)).toEqual(Array(2).fill(lines('  ms   1', '      -a|', '  a  "a"')));
  });

  it('tells a letter once, and all of them again when none was left', (m) => {
    const { rows, debug } = watch<number>(m, { width: 500 });
    range(0, 180)
      .pipe(
        map((nth) => nth % 90),
        debug,
      )
      .subscribe();
    const meanings = rows.map(([, row]) => row.split('\n').slice(2));

    expect(meanings.map(({ length }) => length)).toEqual([76, 76, 28]);
    for (const each of meanings) {
      expect(new Set(each.map((line) => line.slice(2, 3))).size).toBe(each.length);
    }
    const again = watch<string>(m);
    of('a', 'a', 'a').pipe(again.debug).subscribe();
    expect(again.rows[0]?.[1].split('\n')).toEqual(['  ms  0', '      (aaa|)', '  a  "a"']);
  });

  it('keeps no more than a row of a frame that does not end', (m) => {
    const { rows, debug } = watch<string>(m, { width: 40 });
    range(0, 1_000)
      .pipe(
        map(() => 'a'),
        debug,
      )
      .subscribe();

    expect(Math.max(...rows.flatMap(([, row]) => row.split('\n').map(({ length }) => length)))).toBeLessThan(
      41,
    );
    expect(
      rows
        .map(([, row]) => row)
        .join('')
        .match(/a(?=[a|)])/g),
    ).toHaveLength(1_000);
  });

  it('does not run backwards where the clock is set back', (m) => {
    const times = [100, 110, 50, 60, 118].values();
    const scheduler = {
      now: () => times.next().value ?? 0,
      schedule: m.scheduler.schedule.bind(m.scheduler),
    };
    const { rows, debug } = watch<string>(m, { scheduler });
    of('a', 'b', 'c').pipe(debug).subscribe();

    expect(rows[0]?.[1]).toContain('  ms            10          18\n      ----------(abc)-------|');
  });

  it('goes on where the writer throws', (m) => {
    const debug = debugMarbles<string>({
      write: () => {
        throw new Error('disk full');
      },
    });

    m.expect(m.cold<string>('a 2s b|').pipe(debug)).toBeObservable('a 2s b|');
  });

  it('writes nothing behind the end, where the writer makes its reader leave', (m) => {
    const left = new Subject<void>();
    const rows: string[] = [];
    const write = (row: string) => {
      rows.push(row);
      left.next();
    };
    m.expect(
      m.cold<string>('abcd 20ms abcde 2s f').pipe(debugMarbles({ write, width: 20 }), takeUntil(left)),
    ).toBeObservable('abcd 20ms abcde 971ms |');
    m.flush();

    expect(rows).toHaveLength(2);
    expect(rows[1]).toContain('!  unsubscribed');
  });

  it('goes on where a value cannot be read', (m) => {
    const { rows, debug } = watch<object>(m);
    const value = {
      get text(): string {
        throw new Error('gone');
      },
    };
    const seen: object[] = [];
    of(value)
      .pipe(debug)
      .subscribe((each) => seen.push(each));

    expect(seen).toHaveLength(1);
    expect(rows[0]?.[1]).toContain('  a  something that cannot be read');
  });

  it('writes nothing for a stream in which nothing happens', (m) => {
    const { rows, debug } = watch(m);

    m.expect(NEVER.pipe(debug)).toBeObservable('');
    m.flush();
    expect(rows).toEqual([]);
  });

  it('escapes what a terminal would obey', (m) => {
    const { rows, debug } = watch<unknown>(m);
    of('\u001b[2J\u009b', {
      type: 'tool-call-start',
      toolName: '\u001b]0;x\u0007\nb',
      toolCallId: '',
      block: 0,
    })
      .pipe(debug)
      .subscribe();

    // eslint-disable-next-line no-control-regex
    expect(rows[0]?.[1].replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(rows[0]?.[1]).toContain('\\u001b]0;x\\u0007\\u000ab');
  });

  plainIt('throws at the call what is wrong with its options', () => {
    expect(() => debugMarbles({} as never)).toThrow('debugMarbles: write must be a function, not undefined');
    expect(() => debugMarbles({ write: () => undefined, width: 3 })).toThrow(
      'debugMarbles: width must be a number from 20, not 3',
    );
  });
});
