import { concat, map, of, take, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { accumulateText } from '../../operators/accumulateText.ts';
import { executeTools } from '../../operators/executeTools.ts';
import { selectText } from '../../operators/selectText.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import type { RxllmError, StreamChunk } from '../../src/index.ts';
import { fromText, type FromTextOptions } from '../../testing/fromText.ts';
import { chunks, usage } from '../chunks.ts';
import { it } from '../marbles.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

const story = 'Grüezi, 日本語! 👩‍👩‍👧‍👦🇨🇭 né́e\r\n  x ̈y 12345 {"a":[1]} incomprehensibilities';

const finish: StreamChunk = { type: 'finish', reason: 'stop', metadata: {} };
const values = {
  ...chunks,
  a: { ...chunks.a, text: 'one ' },
  b: { ...chunks.a, text: 'two ' },
  c: { ...chunks.a, text: 'six' },
  f: finish,
};

/** The pieces of the text; the whole stream has been checked against the grammar. */
function piecesOf(text: string, options?: FromTextOptions): string[] {
  return collect(text, options).flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.text] : []));
}

function collect(text: string, options?: FromTextOptions): StreamChunk[] {
  let all: StreamChunk[] = [];
  fromText(text, options)
    .pipe(verifyGrammar(), toArray())
    .subscribe((every) => (all = every));
  return all;
}

function failureOf(text: string, options: FromTextOptions): RxllmError {
  let failure: unknown;
  fromText(text, options).subscribe({ error: (error: unknown) => (failure = error) });
  return failure as RxllmError;
}

describe('fromText', () => {
  it('says a text word by word, at once', (m) => {
    m.expect(fromText('one two six').pipe(verifyGrammar())).toBeObservable('(sabcf|)', values);
  });

  it('waits the interval before each piece, and before nothing else', (m) => {
    m.expect(fromText('one two six', { interval: 3, usage })).toBeObservable('s--a--b--(cuf|)', {
      ...values,
      f: { ...finish, usage },
    });
  });

  it('thinks, calls a tool and goes on talking, each piece after the interval', (m) => {
    const stream = fromText('one two six', {
      interval: 5,
      thinking: 'hm',
      toolCalls: [{ toolName: 'weather', arguments: { city: 'Bern' }, at: 4 }],
    });

    m.expect(stream.pipe(verifyGrammar())).toBeObservable('s----t----a----n----(de)-b----(cf|)', {
      ...values,
      t: { ...chunks.t, text: 'hm' },
      a: { ...values.a, block: 1 },
      n: { ...chunks.n, block: 2 },
      d: { ...chunks.d, block: 2 },
      e: { ...chunks.e, block: 2 },
      b: { ...values.b, block: 3 },
      c: { ...values.c, block: 3 },
      f: { ...finish, reason: 'tool-calls' },
    });
  });

  it('fails behind so much of the text, with what had come', (m) => {
    const stream = fromText('one two six', { interval: 3, failure: { at: 6, error: new Error('cut') } });

    m.expect(stream).toBeObservable(
      's--a--(b#)',
      { ...values, b: { ...values.b, text: 'tw' } },
      new Error('cut'),
    );
  });

  it('cancels the wait under way when unsubscribed from', (m) => {
    const unsub = '^---!';

    m.expect(fromText('one two six', { interval: 3 }), unsub).toBeObservable('s--a-', values);
  });

  it('takes the clock it is given', (m) => {
    const stream = fromText('one two six', { interval: 3, scheduler: m.scheduler });

    m.expect(stream).toBeObservable('s--a--b--(cf|)', values);
  });

  it('streams the status of a tool, whose result is the whole text', (m) => {
    const execute = () => fromText('one two ', { interval: 2 }).pipe(accumulateText());
    const tool = { name: 'weather', parameters: z.object({}), execute };
    const call = { toolCallId: 'call_0', toolName: 'weather' };

    m.expect(m.cold('snde-------F|', chunks).pipe(executeTools([tool]))).toBeObservable('snde-p-(qr)F|', {
      ...chunks,
      p: { type: 'tool-progress', ...call, value: 'one ' },
      q: { type: 'tool-progress', ...call, value: 'one two ' },
      r: { type: 'tool-result', ...call, result: 'one two ', isError: false, durationMs: 4 },
    });
  });

  plainIt.each<[FromTextOptions, string, string[]]>([
    [{}, ' one  two\n\nsix ', [' one  ', 'two\n\n', 'six ']],
    [{}, ' \n ', [' \n ']],
    [{}, '', []],
    [{ by: 'word', chunkSize: 2 }, 'one two six', ['one two ', 'six']],
    [{ chunkSize: 4 }, 'Grüezi mi', ['Grüe', 'zi m', 'i']],
    [{ chunkSize: 2 }, 'n👩‍👩‍👧🇨🇭né́e\r\n!', ['n👩‍👩‍👧', '🇨🇭n', 'é́e', '\r\n!']],
    [{ chunkSize: Number.POSITIVE_INFINITY }, 'one two', ['one two']],
    [{ by: 'grapheme' }, 'née', ['n', 'é', 'e']],
    [
      { by: 'token' },
      'It costs 12345 francs, yes!',
      ['It', ' costs', ' 123', '45', ' franc', 's', ',', ' yes', '!'],
    ],
    [{ by: 'token' }, 'a  b\n\n {}', ['a', '  ', 'b', '\n\n ', '{', '}']],
    [{ by: 'token' }, ' 👩‍👩‍👧👩‍👩‍👧', [' ', '👩‍👩‍👧', '👩‍👩‍👧']],
    [{ by: 'token', chunkSize: 3 }, 'one two six', ['one two six']],
  ])('cuts by %j: %j', (options, text, pieces) => {
    expect(piecesOf(text, options)).toStrictEqual(pieces);
  });

  plainIt('cuts at random, the same for each subscription and for the same seed', () => {
    const sizes = piecesOf('x'.repeat(400), { seed: 7, chunkSize: 5 }).map(({ length }) => length);

    expect(new Set(sizes.slice(0, -1))).toStrictEqual(new Set([1, 2, 3, 4, 5]));
    expect(piecesOf('x'.repeat(400), { seed: 7, chunkSize: 5 }).map(({ length }) => length)).toStrictEqual(
      sizes,
    );
    expect(
      piecesOf('x'.repeat(400), { seed: 8, chunkSize: 5 }).map(({ length }) => length),
    ).not.toStrictEqual(sizes);
    expect(Math.max(...piecesOf('x'.repeat(400), { seed: -1 }).map(({ length }) => length))).toBe(8);

    const stream = fromText(story, { seed: 3 }).pipe(selectText(), toArray());
    const all: string[][] = [];
    concat(stream, stream).subscribe((pieces) => all.push(pieces));
    expect(all[0]).toStrictEqual(all[1]);
  });

  plainIt('loses nothing and tears no grapheme, however it cuts and wherever it stops', () => {
    const segments = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(story)];
    const edges = new Set([...segments.map(({ index }) => index), story.length]);

    for (const by of ['grapheme', 'word', 'token'] as const) {
      for (const sizes of [{}, { chunkSize: 3 }, { seed: 5 }]) {
        for (let at = 0; at <= story.length; at += 1) {
          const pieces = piecesOf(story, { by, ...sizes, toolCalls: [{ toolName: 'weather', at }] });
          let reached = 0;
          const cuts = pieces.map((piece) => (reached += piece.length));

          expect(pieces.join('')).toBe(story);
          expect(cuts.filter((cut) => !edges.has(cut))).toStrictEqual([]);
        }
      }
    }
  });

  plainIt('makes calls in the order of their places, and none behind the failure', () => {
    const toolCalls = [
      { toolName: 'last' },
      { toolName: 'first', at: 0, toolCallId: 'x' },
      { toolName: 'second', arguments: { n: 1 }, at: 0 },
    ];
    const calls = (options: FromTextOptions) => {
      const found: unknown[] = [];
      fromText('one two', { toolCalls, ...options })
        .pipe(verifyGrammar())
        .subscribe({
          next: (chunk) => {
            if (chunk.type === 'tool-call')
              found.push([chunk.toolName, chunk.toolCallId, chunk.arguments, chunk.block]);
          },
          error: () => found.push('failed'),
        });
      return found;
    };
    const early = [
      ['first', 'x', {}, 0],
      ['second', 'call_2', { n: 1 }, 1],
    ];

    expect(calls({})).toStrictEqual([...early, ['last', 'call_0', {}, 3]]);
    expect(calls({ failure: { at: 4 } })).toStrictEqual([...early, 'failed']);
    expect(calls({ failure: {} })).toStrictEqual([...early, ['last', 'call_0', {}, 3], 'failed']);
  });

  plainIt('fails with a typed error that has the partial', () => {
    const failure = failureOf('one two', { thinking: 'hm', failure: { at: 4 }, provider: 'other' });
    const busy = failureOf('one two', {
      failure: {
        error: (details) => new ProviderError('busy', { ...details, status: 529, retryable: true }),
      },
    });
    const own = new ProviderError('busy', { retryable: true });

    expect(failure).toBeInstanceOf(StreamInterruptedError);
    expect(failure).toMatchObject({
      provider: 'other',
      retryable: true,
      partial: { text: 'one ', thinking: 'hm' },
    });
    expect(busy).toMatchObject({
      name: 'ProviderError',
      provider: 'test',
      status: 529,
      partial: { text: 'one two' },
    });
    expect(failureOf('one two', { failure: { error: own } })).toBe(own);
  });

  plainIt('tells the names, the usage and the reason that it is given', () => {
    const all = collect('', { provider: 'openai', model: 'gpt', usage, finishReason: 'length' });

    expect(all).toStrictEqual([
      { type: 'start', provider: 'openai', model: 'gpt' },
      { type: 'usage', usage },
      { type: 'finish', reason: 'length', usage, metadata: {} },
    ]);
  });

  plainIt('stops where it is unsubscribed from in between', () => {
    const texts: unknown[] = [];
    const text = 'x '.repeat(1000);
    fromText(text)
      .pipe(
        map(({ type }) => type),
        take(2),
      )
      .subscribe((type) => texts.push(type));

    expect(texts).toStrictEqual(['start', 'text-delta']);
  });

  plainIt.each<[string, FromTextOptions]>([
    ['by', { by: 'letter' as 'word' }],
    ['chunkSize', { chunkSize: 0 }],
    ['chunkSize', { chunkSize: 1.5 }],
    ['seed', { seed: Number.NaN }],
    ['interval', { interval: -1 }],
    ['failure.at', { failure: { at: 8 } }],
    ['toolCalls[0].at', { toolCalls: [{ toolName: 'a', at: -1 }] }],
    ['toolCalls[0].toolName', { toolCalls: [{ toolName: '' }] }],
  ])('throws at the call for a wrong %s: %j', (name, options) => {
    expect(() => fromText('one two', options)).toThrow(`fromText: ${name} must be`);
  });

  plainIt('throws at the call without a text', () => {
    expect(() => fromText(of('a') as unknown as string)).toThrow(
      'fromText: the text must be a string, not object',
    );
  });
});
