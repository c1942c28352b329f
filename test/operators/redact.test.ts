import { concat, from, lastValueFrom, NEVER, type Observable, of, throwError, toArray } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { collectResponse } from '../../operators/collectResponse.ts';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import { redact, type RedactOptions } from '../../operators/redact.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { ChunkOf, StreamChunk } from '../../src/chunk.ts';
import { GuardError, ProviderError, type RxllmError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const text = (said: string, block = 0): ChunkOf<'text-delta'> => ({ type: 'text-delta', text: said, block });
const thinking = (said: string): StreamChunk => ({ ...chunks.t, text: said });
const secret = /sk-\d+/;
const values: Record<string, StreamChunk> = {
  ...chunks,
  h: text('Key '),
  k: text('sk-1'),
  l: text('234, ok'),
  m: text('[redacted], ok'),
  w: { type: 'raw', event: 'sk-1234' },
  x: { type: 'finish', reason: 'content-filter', metadata: {} },
};

/** Whether the engine knows `(?i:…)`: Node 24 does, Node 22 does not. */
const modifiers = parseInt(process.versions.node) >= 23;

describe('redact', () => {
  behavesAsOperator('redact', () => redact('secret'));

  it('replaces a match that arrives in pieces, and holds back only what may become one', (m) => {
    const source = m.cold('s-h-k-l-f|', values);
    const expected = '     s-h---m-f|';

    m.expect(source.pipe(redact(secret), verifyGrammar())).toBeObservable(expected, values);
  });

  it('lets usage pass what is held, and drops raw events', (m) => {
    const source = m.cold('s-k-w-u-l-f|', values);
    const expected = '     s-----u-m-f|';

    m.expect(source.pipe(redact(secret), verifyGrammar())).toBeObservable(expected, values);
  });

  it('drops what is held at a restart', (m) => {
    const r = restartWith({ error: { name: 'Error', message: 'bad key sk-99', retryable: true } });
    const R = restartWith({ error: { name: 'Error', message: 'bad key [redacted]', retryable: true } });
    const source = m.cold('s-k-r-s-l-f|', { ...values, r });

    m.expect(source.pipe(redact(secret), verifyGrammar())).toBeObservable('s---r-s-l-f|', {
      ...values,
      r: R,
    });
  });

  describe('split-invariance', () => {
    const patterns: readonly (RegExp | string | string[])[] = [
      'abc',
      ['ab', 'abcd', 'b', '(.)', 'a^b'],
      /a+b/,
      /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/,
      /\b\d{4}\b/,
      /\Bb\B/,
      /foo(?!bar)/,
      /foo(?=bar)/,
      /(?<=key: )\w+/,
      /(?<!x)a(?!b.)/i,
      /^a/,
      /a$/,
      /^b$|a\n^b/m,
      /ab+c|a/,
      /(ab)*c/,
      /a|ab/,
      /a.(?<=b)c/,
      /[😀😁]b|😀+/u,
      /\u{1F600}|\ud83d\ude01/u,
      /😀b/,
      /a{2,3}?b|a{b/,
      /(?<name>x|y)z/,
      /a(?:b(?:c|d)?)+e/,
      /\p{L}+1/u,
      new RegExp('(?=ab)a[^]b|[]|[^]{2}z'),
      /x*/,
      ...(modifiers ? [new RegExp('(?i:A)b'), new RegExp('(?im:^A)b')] : []),
      /[(?=|*+]x/,
      new RegExp('[\\1a]b'),
    ];
    const texts = [
      'abcabx aabcd (.) a^b',
      'me@x.y.z me@x a@b',
      '1234 12345 x1234x 1234',
      'foobar foobaz foo',
      'key: abc key:',
      'xa a ab abc a',
      'a\na b\nb a\n',
      'abbbc abbd abab ababc',
      'a😀😀b 😁b😀',
      '\ud83d x \ude00😀',
      'aab aaab a{b',
      'xz yz z abcbde abce äb1 xx',
      '(x (y *x',
    ];

    plainIt.each(patterns)('gives what replaceAll gives of %s, however the text is cut', (pattern) => {
      for (const said of texts) {
        const expected = replaced(said, pattern);
        for (const pieces of cutsOf(said)) expect(streamed(pieces, pattern)).toBe(expected);
      }
    });

    plainIt('holds for matches that are longer than longest', () => {
      for (const pattern of [/\d+x?/, /\d+x/, /<[^>]*>/]) {
        const said = '12345678x 12x <abc> <a> 1234';
        const results = cutsOf(said).map((pieces) => streamed(pieces, pattern, { longest: 4 }));

        expect(new Set(results).size).toBe(1);
      }
      expect(streamed(['😀😀😀😀😀x'], /😀+x/u, { longest: 4 })).toBe('😀😀😀😀#');
      expect(streamed(['12345678x'], /\d+/, { longest: 4 })).toBe('##x');
    });
  });

  plainIt('holds back no more than longest', () => {
    expect(streamed(['<aa'], /<[^>]*>/, { longest: 4 }, false)).toBe('');
    expect(streamed(['<aaa'], /<[^>]*>/, { longest: 4 }, false)).toBe('<aaa');
    expect(streamed(['abcab'], 'abcd', {}, false)).toBe('abc');
  });

  plainIt('redacts text, thinking and refusal, each block by itself', async () => {
    const refusal: StreamChunk = { type: 'refusal-delta', text: 'no sk-12', block: 3 };
    const source = [chunks.s, thinking('is it sk-1?'), text('sk-', 1), text('12 sk-1', 2), refusal, chunks.f];

    await expect(said(source)).resolves.toEqual([
      chunks.s,
      thinking('is it [redacted]?'),
      text('sk-', 1),
      text('12 ', 2),
      text('[redacted]', 2),
      { ...refusal, text: 'no ' },
      { ...refusal, text: '[redacted]' },
      chunks.f,
    ]);
  });

  plainIt('goes on behind what is about the block of the text, and beside tools', async () => {
    const source: StreamChunk = { type: 'source', url: 'https://example.org', block: 1 };
    const call: StreamChunk[] = [
      chunks.n,
      chunks.e,
      text('sk-1', 1),
      source,
      { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: {} },
      { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 'sk-1' },
      {
        type: 'tool-result',
        toolCallId: 'call_0',
        toolName: 'weather',
        result: 1,
        isError: false,
        durationMs: 0,
      },
    ];
    const delivered = await said([chunks.s, ...call, text('2', 1), chunks.f]);

    expect(delivered.at(-2)).toEqual(text('[redacted]', 1));
    expect(delivered.slice(3, 7)).toEqual(call.slice(3));
  });

  plainIt('begins a new text with each block', async () => {
    const delivered = await said([chunks.s, text('sk-1 '), text('sk-2', 1), chunks.f], /^sk-\d/);

    expect(delivered).toEqual([chunks.s, text('[redacted] '), text('[redacted]', 1), chunks.f]);
  });

  plainIt('passes on the same chunk where there is nothing to replace', async () => {
    const [, same] = await said([chunks.s, chunks.a, chunks.f]);

    expect(same).toBe(chunks.a);
  });

  plainIt('does without the flags g, y and d', () => {
    expect(streamed(['my sk-1 and sk-2.'], /sk-\d/dgy)).toBe('my # and #.');
  });

  plainIt('leaves the arguments of tools as they are', async () => {
    const source = [
      chunks.s,
      text('Be'),
      { ...chunks.n, block: 1 },
      { ...chunks.d, block: 1 },
      { ...chunks.e, block: 1 },
    ];

    await expect(said(source, 'Bern')).resolves.toEqual(source);
  });

  plainIt('redacts the messages of an agent', async () => {
    const message = {
      role: 'assistant',
      content: [
        { type: 'text', text: 'sk-1' },
        { type: 'thinking', text: 'is it sk-1?', kind: 'thinking' },
        { type: 'tool-call', toolCallId: '1', toolName: 'send', arguments: { to: 'sk-1' } },
      ],
    } as const;
    const tool = { role: 'tool', content: [] } as const;
    const plain = { role: 'assistant', content: 'my sk-1' } as const;
    const delivered = await said([message, plain, tool].map((each) => ({ type: 'message', message: each })));

    expect(delivered.map((chunk) => (chunk as ChunkOf<'message'>).message)).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'text', text: '[redacted]' },
          { type: 'thinking', text: 'is it [redacted]?', kind: 'thinking' },
          message.content[2],
        ],
      },
      { role: 'assistant', content: 'my [redacted]' },
      tool,
    ]);
  });

  plainIt('redacts the whole response', async () => {
    const source = from([chunks.s, text('Key '), text('sk-1'), text('23'), chunks.u, chunks.f]);
    const response = await lastValueFrom(source.pipe(redact(secret, { with: '…' }), collectResponse()));

    expect(response).toMatchObject({ text: 'Key …', usage });
  });

  describe('errors', () => {
    const leaky = () => {
      const response = new ResponseBuilder();
      for (const chunk of [chunks.s, text('Key sk-1234')]) response.add(chunk);
      return new ProviderError('refused sk-1234', {
        provider: 'test',
        requestId: 'req_1',
        status: 400,
        retryable: false,
        cause: new Error('sk-1234'),
        partial: () => response.partial,
      });
    };
    const failing = (error: Error): Observable<StreamChunk> =>
      concat(
        of(chunks.s, text('Key sk-'), text('1234')),
        throwError(() => error),
      );

    plainIt('are of the same class, with what was delivered and without the cause', () => {
      const errors: ProviderError[] = [];
      const seen: StreamChunk[] = [];
      failing(leaky())
        .pipe(redact(secret))
        .subscribe({
          next: (chunk) => seen.push(chunk),
          error: (error: ProviderError) => errors.push(error),
        });
      const [error] = errors;

      expect(seen.at(-1)).toEqual(text('[redacted]'));
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ status: 400, provider: 'test', requestId: 'req_1', retryable: false });
      expect(error?.message).toBe('refused [redacted]');
      expect(error?.partial.text).toBe('Key [redacted]');
      expect(error && 'cause' in error).toBe(false);
      expect(JSON.stringify(error) + String(error?.stack)).not.toContain('sk-1234');
    });

    plainIt('have their message redacted as one text', () => {
      const messages: string[] = [];
      failing(leaky())
        .pipe(redact(/^refused|4$/))
        .subscribe({ error: ({ message }: Error) => messages.push(message) });

      expect(messages).toEqual(['[redacted] sk-123[redacted]']);
    });

    plainIt('keep nothing where told so', () => {
      const errors: RxllmError[] = [];
      const observer = { error: (error: RxllmError) => errors.push(error) };
      failing(leaky())
        .pipe(redact(secret, { partial: false }))
        .subscribe(observer);
      from([chunks.s, text('sk-1'), chunks.f])
        .pipe(redact(secret, { partial: false, onMatch: 'error' }))
        .subscribe(observer);

      expect(errors.map(({ name, partial }) => [name, partial.text])).toEqual([
        ['ProviderError', ''],
        ['GuardError', ''],
      ]);
    });

    plainIt('that are chunks are redacted too', async () => {
      const delivered = await lastValueFrom(failing(leaky()).pipe(errorsToChunks(), redact(secret)));
      const without = await lastValueFrom(
        failing(leaky()).pipe(errorsToChunks(), redact(secret, { partial: false })),
      );

      expect(delivered).toMatchObject({
        type: 'error',
        error: { message: 'refused [redacted]', partial: { text: 'Key [redacted]' } },
      });
      expect((without as ChunkOf<'error'>).error).not.toHaveProperty('partial');
    });

    plainIt('of others pass as they are', () => {
      const foreign = new Error('sk-1');
      const errors: unknown[] = [];
      failing(foreign)
        .pipe(redact(secret))
        .subscribe({ error: (error) => errors.push(error) });

      expect(errors).toEqual([foreign]);
    });
  });

  describe('onMatch', () => {
    it("finishes before the match with reason content-filter for 'finish', and aborts", (m) => {
      const source = m.cold('s-h-k-l-f|', values);
      const expected = '     s-h---(x|)';

      m.expect(source.pipe(redact(secret, { onMatch: 'finish' }), verifyGrammar())).toBeObservable(
        expected,
        values,
      );
      m.expect(source).toHaveSubscriptions('^-----!');
    });

    it("errors with what was delivered before the match for 'error'", (m) => {
      const source = m.cold('s-h-k-l-f|', values);
      const error = new GuardError('The answer contains what it must not', { code: 'pattern' });
      const partials: unknown[] = [];
      const guarded = source.pipe(redact(secret, { onMatch: 'error' }));
      guarded.subscribe({ error: ({ code, partial }: GuardError) => partials.push(code, partial.text) });

      m.expect(guarded).toBeObservable('s-h---#', values, error);
      m.flush();
      expect(partials).toEqual(['pattern', 'Key ']);
    });

    it('sees a match that only the end of the text decides', (m) => {
      const finished = m.cold('s-k-f|', values);
      const behind = m.cold('  s-k-A-f|', values);
      const cutOff = m.cold('  s-k-|', values);
      const failed = m.cold('  s-k-#', values, cut);
      const guard = redact(secret, { onMatch: 'finish' });

      m.expect(finished.pipe(guard)).toBeObservable('s---(x|)', values);
      m.expect(behind.pipe(guard)).toBeObservable('  s---(x|)', values);
      m.expect(cutOff.pipe(guard)).toBeObservable('  s---(x|)', values);
      m.expect(failed.pipe(guard)).toBeObservable('  s---#', values, cut);
    });
  });

  plainIt.each([1, 7, 1_000])('costs the same for each further character, in pieces of %i', (size) => {
    const longest = 50;
    const read = (unit: string, length: number) => {
      const pieces = Array.from({ length: length / size }, () => unit.repeat(size));
      const exec = vi.spyOn(RegExp.prototype, 'exec');
      streamed(pieces, /\w+@\w+|<[^>]*>/, { longest });
      const shown = exec.mock.calls.reduce((sum, [text]) => sum + text.length, 0);
      exec.mockRestore();
      return shown / length;
    };

    for (const candidates of ['a', '<']) {
      expect(read(candidates, 5_000)).toBeLessThan(4 * longest);
      expect(read(candidates, 50_000)).toBeLessThan(4 * longest);
    }
  });

  plainIt('throws at the call for patterns and options that make no sense', () => {
    expect(() => redact('')).toThrow(
      'redact: pattern must be a RegExp, a string or strings, none of them empty',
    );
    expect(() => redact([])).toThrow('redact: pattern must be');
    expect(() => redact(['a', ''])).toThrow('redact: pattern must be');
    expect(() => redact(undefined as never)).toThrow('redact: pattern must be');
    expect(() => redact(/(a)\1/)).toThrow('redact: a back reference cannot be matched in a stream: /(a)\\1/');
    expect(() => redact(/(?<x>a)\k<x>/)).toThrow('a back reference cannot');
    expect(() => redact(new RegExp('[a&&b]', 'v'))).toThrow('the flag v cannot');
    expect(() => redact('a', { longest: 0 })).toThrow('redact: longest must be a whole number from 1, not 0');
    expect(() => redact('a', { onMatch: 'stop' as never })).toThrow(
      'redact: onMatch must be replace, finish, error',
    );
  });
});

function said(source: readonly StreamChunk[], pattern: string | RegExp = secret): Promise<StreamChunk[]> {
  return lastValueFrom(from(source).pipe(redact(pattern), toArray()));
}

/** The text that comes of the pieces. */
function streamed(
  pieces: readonly string[],
  pattern: RegExp | string | string[],
  options: RedactOptions = {},
  ends = true,
): string {
  let all = '';
  const source = from([chunks.s, ...pieces.map((piece) => text(piece))]);
  (ends ? source : concat(source, NEVER))
    .pipe(redact(pattern, { with: '#', ...options }))
    .subscribe((chunk) => (all += chunk.type === 'text-delta' ? chunk.text : ''))
    .unsubscribe();
  return all;
}

/** What the whole text becomes; empty matches are none. */
function replaced(whole: string, pattern: RegExp | string | string[]): string {
  const strings = [pattern].flat().filter((each) => typeof each === 'string');
  const escaped = strings
    .sort((one, other) => other.length - one.length)
    .map((each) => each.replace(/\W/g, '\\$&'));
  const { source, flags } = pattern instanceof RegExp ? pattern : new RegExp(escaped.join('|'));
  return whole.replaceAll(new RegExp(source, `${flags}g`), (match) => match && '#');
}

/** The text as a whole, in single units, and in three pieces in every way. */
function cutsOf(whole: string): string[][] {
  const cuts = [[whole], whole.split('')];
  for (let to = 0; to <= whole.length; to++) {
    for (let from = 0; from <= to; from++)
      cuts.push([whole.slice(0, from), whole.slice(from, to), whole.slice(to)]);
  }
  return cuts;
}
