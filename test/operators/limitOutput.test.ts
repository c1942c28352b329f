import { concatMap, from, type Observable, throwError } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { limitOutput, type LimitOutputOptions } from '../../operators/limitOutput.ts';
import { ofType } from '../../operators/ofType.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { GuardError } from '../../src/errors.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const partialUsage = { ...usage, partial: true };
const text = (said: string, block = 0): StreamChunk => ({ type: 'text-delta', text: said, block });
const values: Record<string, StreamChunk> = {
  ...chunks,
  h: text('Hello '),
  w: text('world'),
  o: text('wo'),
  x: { type: 'finish', reason: 'limit', metadata: {} },
  U: { type: 'usage', usage: partialUsage },
  X: { type: 'finish', reason: 'limit', usage: partialUsage, metadata: {} },
  i: {
    type: 'tool-call-invalid',
    toolCallId: 'call_0',
    toolName: 'weather',
    argumentsText: '{"city":"Bern"}',
    reason: 'incomplete',
    block: 0,
  },
  r: restartWith({ usage }),
  g: { type: 'raw', event: {} },
};
const limited = (source: Observable<StreamChunk>, options: LimitOutputOptions) =>
  source.pipe(limitOutput(options), verifyGrammar());
const price = { input: 1_000_000, output: 1_000_000 };

describe('limitOutput', () => {
  behavesAsOperator('limitOutput', () => limitOutput({ tokens: 100 }));

  it('passes on what is within the limits', (m) => {
    const source = m.cold('s-h-w-u-f|', values);

    m.expect(limited(source, { tokens: 100, characters: 100, cost: 100, price })).toBeObservable(
      's-h-w-u-f|',
      values,
    );
  });

  describe('characters', () => {
    it('cuts the delta that goes beyond them, finishes with reason limit and aborts', (m) => {
      const source = m.cold('s-h-w---f|', values);
      const expected = '     s-j-(kx|)';

      m.expect(limited(source, { characters: 8 })).toBeObservable(expected, {
        ...values,
        j: text('Hello'),
        k: text(' wo'),
      });
      m.expect(source).toHaveSubscriptions('^---!');
    });

    it('holds nothing back far from the limit', (m) => {
      const source = m.cold('s-h-w-f|', values);

      m.expect(limited(source, { characters: 100 })).toBeObservable('s-h-w-f|', values);
    });

    plainIt('delivers what waits before finish, completion, an error and other content', () => {
      const letters = { ...values, A: text('A', 1) };

      expect(texts('saf', letters)).toEqual(['a']);
      expect(texts('sa', letters)).toEqual(['a']);
      expect(texts('sagub#', letters)).toEqual(['a', 'b', cut.message]);
      expect(texts('saAnf', letters)).toEqual(['a', 'A']);
    });

    plainIt('delivers what waits in its own block', () => {
      const source = [chunks.s, chunks.a, chunks.A, chunks.f];

      expect(run(source, { characters: 10 })).toEqual(source);
    });

    plainIt('passes on the same chunk where nothing waits', () => {
      expect(run([chunks.s, chunks.a, chunks.f], { characters: 100 })[1]).toBe(chunks.a);
    });

    plainIt('counts text and refusal of all calls, not thinking and arguments', () => {
      const no: StreamChunk = { type: 'refusal-delta', text: 'no', block: 1 };
      const n: StreamChunk = { type: 'refusal-delta', text: 'n', block: 1 };
      const { s, a, t, f, d, e, F, x } = values;
      const call: StreamChunk = chunks.n;
      const source = [s, t, f, s, a, no, f] as StreamChunk[];
      const tool = [s, call, d, e, F] as StreamChunk[];

      expect(run(source, { characters: 2 })).toEqual([s, t, f, s, a, n, x]);
      expect(run(tool, { characters: 2 })).toEqual(tool);
    });

    plainIt('takes back what a restart voids, with what waits', () => {
      const { s, a, f, r } = values;
      const before = 'x'.repeat(100);
      const source = [s, text(before), f, s, text('y'), a, r, s, text('zz'), f] as StreamChunk[];
      const delivered = run(source, { characters: 102 });

      expect(delivered.map((chunk) => ('text' in chunk ? chunk.text : chunk.type)).join(' ')).toBe(
        `start ${before.slice(1)} x finish start y restart start z z finish`,
      );
    });

    plainIt('takes back the text before a tool call, too', () => {
      const { s, f, r } = values;
      const source = [s, text('xx'), { ...chunks.n, block: 1 }, r, s, text('yy'), f] as StreamChunk[];

      expect(run(source, { characters: 2 }).filter(({ type }) => type === 'text-delta')).toEqual([
        text('x'),
        text('x'),
        text('y'),
        text('y'),
      ]);
    });

    plainIt('waits for the rest of a grapheme behind usage and raw events', () => {
      const { s, u, g, f, x } = values;
      const accent = text('\u0301');

      expect(run([s, text('e'), u, g, accent, f] as StreamChunk[], { characters: 1 })).toEqual([
        ...[s, u, g, values['U']],
        { ...x, usage: partialUsage },
      ]);
    });

    plainIt('never tears a grapheme, however the text is cut', () => {
      const said = `ae\u0301👩‍👩‍👧🇨🇭🇩🇪कि👍🏽\r\n${'o'.repeat(70)}é🇫🇷z`;
      const segments = [...new Intl.Segmenter().segment(said)].map(({ segment }) => segment);

      for (let characters = 1; characters <= said.length; characters++) {
        let fits = '';
        for (const segment of segments) {
          if (fits.length + segment.length > characters) break;
          fits += segment;
        }
        for (const pieces of [[said], [...said.split('')], Array.from(said), ...inTwo(said)]) {
          const source = [chunks.s, ...pieces.map((piece) => text(piece)), chunks.f];
          const delivered = run(source, { characters });

          expect(delivered.map((chunk) => ('text' in chunk ? chunk.text : '')).join('')).toBe(fits);
          expect(delivered.at(-1)).toEqual(fits === said ? chunks.f : values['x']);
        }
      }
    });

    plainIt('delivers half a pair that is never completed', () => {
      const half = text('\ud83d');

      expect(run([chunks.s, half, chunks.f], { characters: 2 })).toEqual([chunks.s, half, chunks.f]);
      expect(run([chunks.s, text('ab\ud83d'), chunks.f], { characters: 2 })).toEqual([
        ...[chunks.s, text('a'), text('b')],
        chunks.f,
      ]);
    });
  });

  describe('tokens', () => {
    it('refuses the content behind the estimate that reaches them', (m) => {
      const source = m.cold('s-v-v-v-f|', { ...values, v: text('1234') });
      const expected = '     s-v-v-(x|)';

      m.expect(limited(source, { tokens: 2 })).toBeObservable(expected, { ...values, v: text('1234') });
      m.expect(source).toHaveSubscriptions('^-----!');
    });

    it('counts what is reported, and estimates what has come since', (m) => {
      const source = m.cold('s-a-u-a-b-f|', { ...values, a: text('1234') });

      m.expect(limited(source, { tokens: 6 })).toBeObservable('s-a-u-a-(UX|)', {
        ...values,
        a: text('1234'),
      });
      m.expect(limited(source, { tokens: 7 })).toBeObservable('s-a-u-a-b-f|', { ...values, a: text('1234') });
    });

    it('lets an answer end that ends there, and refuses the next call', (m) => {
      const source = m.cold('s-a-u-f---s-a-u-f|', values);

      m.expect(limited(source, { tokens: 5 })).toBeObservable('s-a-u-f---|', values);
      m.expect(limited(source, { tokens: 8 })).toBeObservable('s-a-u-f---s-a-u-f|', values);
      m.expect(limited(source, { tokens: 5, as: 'error' })).toBeObservable(
        's-a-u-f---#',
        values,
        new GuardError('The answer passed the limit of 5 tokens', { code: 'tokens' }),
      );
    });

    it('takes back what a restart voids', (m) => {
      const source = m.cold('sa-r-sb-f|', { ...values, a: text('x'.repeat(99)) });

      m.expect(limited(source, { tokens: 24 })).toBeObservable('sa-r-sb-f|', {
        ...values,
        a: text('x'.repeat(99)),
      });
    });

    it('closes an open tool call', (m) => {
      const source = m.cold('sndd', values);

      m.expect(limited(source, { tokens: 3 })).toBeObservable('snd(ix|)', values);
      m.expect(limited(source, { tokens: 3, partial: false })).toBeObservable('snd(ix|)', values);
    });

    it('delivers the character that waits', (m) => {
      const source = m.cold('s-a-u-b-f|', values);

      m.expect(limited(source, { tokens: 5, characters: 10 })).toBeObservable('s---u-(aUX|)', values);
    });

    it('counts a first report that is partial', (m) => {
      const source = m.cold('s-a-U-b-f|', values);

      m.expect(limited(source, { tokens: 5 })).toBeObservable('s-a-U-(UX|)', values);
    });
  });

  describe('cost', () => {
    it('refuses the content that comes when it is reached, input and voided answers included', (m) => {
      const reported = m.cold('s-u-a-f|', values);
      const voided = m.cold('  s-a-r-s-b|', values);

      m.expect(limited(reported, { cost: 8, price })).toBeObservable('s-u-(UX|)', values);
      m.expect(limited(reported, { cost: 9, price })).toBeObservable('s-u-a-f|', values);
      m.expect(limited(voided, { cost: 8, price })).toBeObservable('s-a-r-|', values);
    });

    it('estimates what is not reported', (m) => {
      const source = m.cold('s-a-a-b-f|', { ...values, a: text('1234') });

      m.expect(limited(source, { cost: 2, price })).toBeObservable('s-a-a-(x|)', {
        ...values,
        a: text('1234'),
      });
      m.expect(
        limited(m.cold('s-a-r-s-b-f|', { ...values, r: restartWith({}) }), { cost: 0.25, price }),
      ).toBeObservable('s-a-r-|', { ...values, r: restartWith({}) });
    });
  });

  plainIt('errors with what had arrived, where told so', () => {
    const partials: unknown[] = [];
    for (const options of [{}, { partial: false }]) {
      from([chunks.s, text('Hello'), text(' world')])
        .pipe(limitOutput({ characters: 8, as: 'error', ...options }))
        .subscribe({
          error: (error: GuardError) => partials.push([error.code, error.provider, error.partial.text]),
        });
    }

    expect(partials).toEqual([
      ['characters', 'test', 'Hello wo'],
      ['characters', 'test', ''],
    ]);
  });

  it('names the limit in the error', (m) => {
    const error = new GuardError('The answer passed the limit of 8 in cost', { code: 'cost' });

    m.expect(limited(m.cold('s-u-a-f|', values), { cost: 8, price, as: 'error' })).toBeObservable(
      's-u-#',
      values,
      error,
    );
  });

  plainIt('throws at the call for options that make no sense', () => {
    expect(() => limitOutput({ characters: 0 })).toThrow(
      'limitOutput: characters must be a number from 1, not 0',
    );
    expect(() => limitOutput({ cost: -1, price })).toThrow('limitOutput: cost must be');
    expect(() => limitOutput({})).toThrow('limitOutput: tokens, characters or cost must be given');
    expect(() => limitOutput({ cost: 1 })).toThrow('limitOutput: cost needs price');
    expect(() => limitOutput({ tokens: 0 })).toThrow('limitOutput: tokens must be a number from 1, not 0');
    expect(() => limitOutput({ cost: 1, price: { input: 1 } as never })).toThrow(
      'limitOutput: price.output must be given',
    );
    expect(() => limitOutput({ tokens: 1, as: 'end' as never })).toThrow(
      'limitOutput: as must be finish, error, not end',
    );
  });
});

/** What comes of the chunks. */
function run(source: readonly StreamChunk[], options: LimitOutputOptions): StreamChunk[] {
  const delivered: StreamChunk[] = [];
  from(source)
    .pipe(limitOutput(options), verifyGrammar())
    .subscribe((chunk) => delivered.push(chunk));
  return delivered;
}

/** The texts of chunks by their letters, under a limit of ten characters, and the message of the error. */
function texts(letters: string, named: Record<string, StreamChunk>): string[] {
  const said: string[] = [];
  const source = from(letters.split('')).pipe(
    concatMap((letter) => (letter === '#' ? throwError(() => cut) : [named[letter] ?? chunks.s])),
  );
  source.pipe(limitOutput({ characters: 10 }), ofType('text-delta')).subscribe({
    next: (chunk) => said.push(chunk.text),
    error: (error: Error) => said.push(error.message),
  });
  return said;
}

function inTwo(said: string): string[][] {
  return said.split('').map((_, at) => [said.slice(0, at), said.slice(at)]);
}
