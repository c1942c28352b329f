import { concatAll, from, Observable, type OperatorFunction, Subject, take, toArray } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { bufferChunks, type BufferChunksOptions } from '../../operators/bufferChunks.ts';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const r = restartWith({});
const { s, a, b, c, A, t, v, n, d, e, u, f, F } = chunks;
const values = { ...chunks, r };
const batches = { s: [s], u: [u], f: [f], r: [r], a: [a], c: [c], 2: [a, b], 3: [a, b, c] };

function text(value: string, block = 0): StreamChunk {
  return { type: 'text-delta', text: value, block };
}

/** The texts of the batches that texts are collected into. */
function collect(texts: readonly string[], options: BufferChunksOptions): string[] {
  const result: string[] = [];
  from(texts.map((piece) => text(piece)))
    .pipe(bufferChunks(options))
    .subscribe((batch) =>
      result.push(batch.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '?')).join('')),
    );
  return result;
}

describe('bufferChunks', () => {
  behavesAsOperator('bufferChunks', () => bufferChunks());
  behavesAsOperator('bufferChunks', () => bufferChunks({ boundary: 'word', time: 1 }));

  it('emits a batch as soon as it has so many deltas', (m) => {
    const source = m.cold('s-a-b-a-b-c-f---|', values);
    const expected = '     s---2---2---(cf)|';

    m.expect(source.pipe(bufferChunks({ count: 2 }))).toBeObservable(expected, batches);
  });

  it('emits a batch that long after its first delta', (m) => {
    const source = m.cold('s-a-b---c-----|', values);
    const expected = '     s-----2-----c-|';

    m.expect(source.pipe(bufferChunks({ time: 4 }))).toBeObservable(expected, batches);
  });

  it('emits a batch 50 ms after its first delta without an option', (m) => {
    const source = m.cold('a 9ms b 9ms c 79ms a 19ms |', values);
    const expected = '     50ms 3 69ms (a|)';

    m.expect(source.pipe(bufferChunks())).toBeObservable(expected, batches);
  });

  it('emits a batch as soon as its text is long enough', (m) => {
    const source = m.cold('xyzx|', { x: text('abc'), y: text(''), z: text('d') });
    const expected = '     --p-(q|)';

    m.expect(source.pipe(bufferChunks({ characters: 4 }))).toBeObservable(expected, {
      p: [text('abc'), text(''), text('d')],
      q: [text('abc')],
    });
  });

  it('waits as long as it takes with count or characters alone', (m) => {
    const source = m.cold('a 99ms b|', values);
    const expected = '     100ms 2|';

    m.expect(source.pipe(bufferChunks({ count: 2 }))).toBeObservable(expected, batches);
    m.expect(source.pipe(bufferChunks({ characters: 2 }))).toBeObservable(expected, batches);
  });

  it('emits a batch at the first limit that is reached', (m) => {
    const source = m.cold('ab-----c-a-b-c--|', values);
    const expected = '     -----2-----x----(c|)';
    const x = [c, a, b];

    m.expect(source.pipe(bufferChunks({ time: 5, count: 3, characters: 10 }))).toBeObservable(expected, {
      ...batches,
      x,
    });
  });

  it('flushes before any other chunk, which is a batch of its own at once', (m) => {
    const source = m.cold('s-ab-u---c-f---|', values);
    const expected = '     s----(2u)--(cf)|';

    m.expect(source.pipe(bufferChunks({ time: 50 }))).toBeObservable(expected, batches);
  });

  it('flushes before a restart', (m) => {
    const source = m.cold('s-ab-r------s-a|', values);
    const expected = '     s----(2r)---s--(a|)';

    m.expect(source.pipe(bufferChunks({ time: 50 }))).toBeObservable(expected, batches);
  });

  it('puts deltas of another block or kind into another batch', (m) => {
    const source = m.cold('(tvA)|', values);

    m.expect(source.pipe(bufferChunks({ count: 10 }), toArray())).toBeObservable('-----(x|)', {
      x: [[t, v], [A]],
    });
  });

  it('collects the arguments of a tool call', (m) => {
    const result = m.cold('sndd---eF|', values).pipe(bufferChunks({ time: 50 }));
    const joined = { ...d, argumentsDelta: d.argumentsDelta.repeat(2) };

    m.expect(result.pipe(joinDeltas(), toArray())).toBeObservable('---------(x|)', {
      x: [[s], [n], [joined], [e], [F]],
    });
  });

  it('keeps the grammar when the batches are taken apart', (m) => {
    const result = m.cold('satuf|', { ...values, t: text('b c') }).pipe(bufferChunks({ boundary: 'word' }));

    m.expect(result.pipe(concatAll(), verifyGrammar(), toArray())).toBeObservable('-----(x|)', {
      x: [s, a, text('b '), text('c'), u, f],
    });
  });

  it('cuts a delta behind its last boundary and lets the rest begin the next batch', (m) => {
    const source = m.cold('xy---z|', { x: text('Hel'), y: text('lo you the'), z: text('re ') });
    const expected = '     -p---q|';

    m.expect(source.pipe(bufferChunks({ boundary: 'word' }))).toBeObservable(expected, {
      p: [text('Hel'), text('lo you ')],
      q: [text('the'), text('re ')],
    });
  });

  it('counts the characters of the rest when it is cut', (m) => {
    const source = m.cold('--xa--|', { x: text('one tw'), a });
    const expected = '     --p---(q|)';

    m.expect(source.pipe(bufferChunks({ boundary: 'word', characters: 7 }))).toBeObservable(expected, {
      p: [text('one ')],
      q: [text('tw'), a],
    });
  });

  it('begins the time of the rest when it is cut', (m) => {
    const source = m.cold('--x------|', { x: text('one two') });
    const expected = '     --p---q--|';

    m.expect(source.pipe(bufferChunks({ boundary: 'word', time: 4 }))).toBeObservable(expected, {
      p: [text('one ')],
      q: [text('two')],
    });
  });

  vitestIt.each<[NonNullable<BufferChunksOptions['boundary']>, string[], string[]]>([
    ['word', ['one', ' two', '\tthree\nfour', ' '], ['one ', 'two\tthree\n', 'four ']],
    ['line', ['One. Two', '\nthree'], ['One. Two\n', 'three']],
    ['sentence', ['One', ' two', '. '], ['One two. ']],
    ['line', ['one\ntwo\nth', 'ree', '\n', 'end'], ['one\ntwo\n', 'three\n', 'end']],
    ['sentence', ['Dr. X paid 3.', '50. Why', '?', '!', ' Yes'], ['Dr. ', 'X paid 3.50. ', 'Why?! ', 'Yes']],
    [
      'sentence',
      ['He said “no.', '”', ' (Yes!', ') **So.**', ' End'],
      ['He said “no.” ', '(Yes!) ', '**So.** ', 'End'],
    ],
    ['sentence', ['Well… ', 'a.b', '.', '\n', 'c'], ['Well… ', 'a.b.\n', 'c']],
    ['sentence', ['你好。再', '见！', '吗？是'], ['你好。', '再见！', '吗？', '是']],
    ['sentence', ['# Title', '\nText'], ['# Title\n', 'Text']],
    ['sentence', ['a.', ' '], ['a. ']],
  ])('ends batches at a %s: %j', (boundary, texts, expected) => {
    expect(collect(texts, { boundary })).toStrictEqual(expected);
    expect(collect(Array.from(texts.join('')), { boundary }).join('')).toBe(texts.join(''));
  });

  it('does not end a batch by a full stop of the one before', (m) => {
    const source = m.cold('xu----yz|', { x: text('End.'), u, y: text(' So'), z: text('me') });

    m.expect(source.pipe(bufferChunks({ boundary: 'sentence' }))).toBeObservable('-(pu)---(q|)', {
      p: [text('End.')],
      u: [u],
      q: [text(' So'), text('me')],
    });
  });

  vitestIt('forgets a full stop that has been flushed', () => {
    const source = from<StreamChunk[]>([text('End.'), u, text(' So. '), text('x')]);
    const result: StreamChunk[][] = [];
    source.pipe(bufferChunks({ boundary: 'sentence' })).subscribe((batch) => result.push(batch));

    expect(result).toStrictEqual([[text('End.')], [u], [text(' So. ')], [text('x')]]);
  });

  it('flushes before completion', (m) => {
    m.expect(m.cold('ab|', values).pipe(bufferChunks({ time: 50 }))).toBeObservable('--(2|)', batches);
  });

  it('flushes before an error', (m) => {
    const source = m.cold('ab#', values, cut);

    m.expect(source.pipe(bufferChunks({ time: 50 }))).toBeObservable('--(2#)', batches, cut);
  });

  it('drops what is held and cancels the timer when unsubscribed from', (m) => {
    const source = m.cold('s-ab--------', values);
    const unsub = '        ^----!';
    const expected = '     s-----------';

    m.expect(source.pipe(bufferChunks({ time: 4 })), unsub).toBeObservable(expected, batches);
    m.expect(source).toHaveSubscriptions(unsub);
  });

  it('takes the time of the scheduler that it is given', (m) => {
    const result = m.cold('a-----|', values).pipe(bufferChunks({ time: 4, scheduler: m.scheduler }));

    m.expect(result).toBeObservable('----a-|', batches);
  });

  vitestIt('stops a synchronous source when unsubscribed from within it', () => {
    let pulled = 0;
    const endless = new Observable<StreamChunk>((subscriber) => {
      while (!subscriber.closed) {
        pulled += 1;
        subscriber.next(text('a b'));
      }
    });
    const result: StreamChunk[][] = [];
    endless
      .pipe(bufferChunks({ boundary: 'word', time: 1 }), take(1))
      .subscribe((batch) => result.push(batch));

    expect(result).toStrictEqual([[text('a ')]]);
    expect(pulled).toBe(1);
  });

  vitestIt('leaves no timer behind for a batch that was flushed', () => {
    const source = new Subject<StreamChunk>();
    const opened = new Set<unknown>();
    const scheduler = {
      now: () => 0,
      schedule: () => {
        const timer = new Subject<never>().subscribe();
        opened.add(timer);
        timer.add(() => opened.delete(timer));
        return timer;
      },
    };
    const subscription = source.pipe(bufferChunks({ time: 5, scheduler })).subscribe();
    source.next(a);
    source.next(b);
    expect(opened.size).toBe(1);
    source.next(u);
    expect(opened.size).toBe(0);
    source.next(a);
    subscription.unsubscribe();
    expect(opened.size).toBe(0);
  });

  vitestIt('throws at the call for wrong options', () => {
    const wrong = (options: unknown): OperatorFunction<StreamChunk, StreamChunk[]> =>
      bufferChunks(options as BufferChunksOptions);

    expect(() => wrong({ count: 0 })).toThrow('bufferChunks: count must be a whole number from 1, not 0');
    expect(() => wrong({ time: -1 })).toThrow('bufferChunks: time must be a number from 0, not -1');
    expect(() => wrong({ characters: 1.5 })).toThrow(
      'bufferChunks: characters must be a whole number from 1, not 1.5',
    );
    expect(() => wrong({ boundary: 'page' })).toThrow(
      'bufferChunks: boundary must be word, sentence, line, not page',
    );
  });
});
