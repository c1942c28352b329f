import { asapScheduler, from, map, of, take, toArray } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { splitDeltas, type SplitDeltasOptions } from '../../operators/splitDeltas.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk, TextDeltaChunk } from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const x: TextDeltaChunk = { type: 'text-delta', text: 'one two six', block: 0 };
const r = restartWith({});
const values = {
  ...chunks,
  r,
  x,
  1: { ...x, text: 'one ' },
  2: { ...x, text: 'two ' },
  3: { ...x, text: 'six' },
} as const;

/** The strings that a text is cut into. */
function cutInto(text: string, options: SplitDeltasOptions): string[] {
  let pieces: string[] = [];
  of<StreamChunk>({ ...x, text })
    .pipe(
      splitDeltas(options),
      map((chunk) => (chunk.type === 'text-delta' ? chunk.text : chunk.type)),
      toArray(),
    )
    .subscribe((all) => (pieces = all));
  return pieces;
}

describe('splitDeltas', () => {
  behavesAsOperator('splitDeltas', () => splitDeltas({ by: 'word' }));
  behavesAsOperator('splitDeltas', () => splitDeltas({ by: 'grapheme', interval: 1 }));

  it('cuts a delta behind its words and keeps the place of all chunks', (m) => {
    const source = m.cold('s-x-----u-f|', values);
    const expected = '     s-(123)-u-f|';

    m.expect(source.pipe(splitDeltas(), verifyGrammar())).toBeObservable(expected, values);
  });

  vitestIt.each<[NonNullable<SplitDeltasOptions['by']>, string, string[]]>([
    ['word', 'one  two\n\nsix ', ['one  ', 'two\n\n', 'six ']],
    ['word', ' one two', [' one ', 'two']],
    ['word', ' \n ', [' \n ']],
    ['word', 'one', ['one']],
    ['grapheme', 'né́x', ['n', 'é́', 'x']],
    ['grapheme', '👩‍👩‍👧🇨🇭!', ['👩‍👩‍👧', '🇨🇭', '!']],
    ['grapheme', 'a\r\nb', ['a', '\r\n', 'b']],
    [2, 'abcde', ['ab', 'cd', 'e']],
    [2, 'a😀b😀😀', ['a😀', 'b😀', '😀']],
    [1, '😀a', ['😀', 'a']],
    [1, '\ud83da', ['\ud83d', 'a']],
    [Number.POSITIVE_INFINITY, 'abc', ['abc']],
    ['word', '', ['']],
  ])('cuts by %s: %j', (by, text, pieces) => {
    expect(cutInto(text, { by })).toStrictEqual(pieces);
    expect(pieces.join('')).toBe(text);
  });

  it('cuts thinking and refusal, not the arguments of tool calls', (m) => {
    const y = { ...chunks.t, text: 'a b', kind: 'summary' } as const;
    const z = { type: 'refusal-delta', text: 'c d', block: 1 } as const;
    const source = m.cold('(yzd)|', { y, z, d: { ...chunks.d, argumentsDelta: '{ "a": 1 }' } });

    m.expect(source.pipe(splitDeltas({ by: 'word' }), toArray())).toBeObservable('-----(x|)', {
      x: [
        { ...y, text: 'a ' },
        { ...y, text: 'b' },
        { ...z, text: 'c ' },
        { ...z, text: 'd' },
        { ...chunks.d, argumentsDelta: '{ "a": 1 }' },
      ],
    });
  });

  it('delivers the first piece at once and the others an interval apart', (m) => {
    const source = m.cold('s-x--------x--------f|', values);
    const expected = '     s-1--2--3--1--2--3--f|';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 }))).toBeObservable(expected, values);
  });

  it('lets other chunks and completion wait for the pieces before them alone', (m) => {
    const source = m.cold('s-xuf|', values);
    const expected = '     s-1--2--(3uf|)';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 }), verifyGrammar())).toBeObservable(
      expected,
      values,
    );
  });

  it('keeps the interval between the pieces of neighbouring deltas', (m) => {
    const source = m.cold('ab--c|', values);
    const expected = '     a--b--(c|)';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 }))).toBeObservable(expected, values);
  });

  it('delivers a restart behind the pieces before it', (m) => {
    const source = m.cold('sxr--------sf|', values);
    const expected = '     s1--2--(3r)sf|';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 }))).toBeObservable(expected, values);
  });

  it('lets an error wait for the pieces before it', (m) => {
    const source = m.cold('sx#', values, cut);
    const expected = '     s1--2--(3#)';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 }))).toBeObservable(expected, values, cut);
  });

  it('cancels the pieces that wait when unsubscribed from', (m) => {
    const source = m.cold('sx-----------', values);
    const unsub = '        ^----!';
    const expected = '     s1--2-';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3 })), unsub).toBeObservable(expected, values);
    m.expect(source).toHaveSubscriptions(unsub);
  });

  it('paces by the scheduler that it is given', (m) => {
    const source = m.cold('x|', values);
    const expected = '     1--2--(3|)';

    m.expect(source.pipe(splitDeltas({ by: 'word', interval: 3, scheduler: m.scheduler }))).toBeObservable(
      expected,
      values,
    );
  });

  vitestIt('stops cutting when unsubscribed from within a delta', () => {
    const pieces: StreamChunk[] = [];
    from([x, x])
      .pipe(splitDeltas({ by: 'word' }), take(2))
      .subscribe((chunk) => pieces.push(chunk));

    expect(pieces).toStrictEqual([values[1], values[2]]);
  });

  vitestIt('costs the same per character however long a delta is', () => {
    const text = 'word 😀é '.repeat(20_000);
    for (const by of ['word', 'grapheme', 7] as const) {
      const pieces = cutInto(text, { by });
      expect(pieces.length).toBeGreaterThan(10_000);
      expect(pieces.join('')).toBe(text);
    }
  });

  vitestIt('throws at the call for wrong options', () => {
    expect(() => splitDeltas({ by: 'line' as never })).toThrow(
      'splitDeltas: by must be grapheme, word, not line',
    );
    expect(() => splitDeltas({ by: 0 })).toThrow('splitDeltas: by must be a whole number from 1, not 0');
    expect(() => splitDeltas({ by: 'word', interval: -1, scheduler: asapScheduler })).toThrow(
      'splitDeltas: interval must be a number from 0, not -1',
    );
  });
});
