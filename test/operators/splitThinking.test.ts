import { concatMap, from, ignoreElements, map, Observable, of, take, tap, throwError } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { splitThinking, type SplitThinkingOptions } from '../../operators/splitThinking.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { isRxllmError, StreamInterruptedError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { chunks, cut, restartWith, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const { s, u, f, F } = chunks;
const r = restartWith({});

function text(value: string, block = 0): StreamChunk {
  return { type: 'text-delta', text: value, block };
}

function thought(value: string, block = 0): StreamChunk {
  return { type: 'thinking-delta', text: value, block, kind: 'thinking' };
}

/** What becomes of chunks. */
function split(source: readonly StreamChunk[], options?: SplitThinkingOptions): StreamChunk[] {
  const result: StreamChunk[] = [];
  from(source)
    .pipe(splitThinking(options), verifyGrammar())
    .subscribe((chunk) => result.push(chunk));
  return result;
}

describe('splitThinking', () => {
  behavesAsOperator('splitThinking', () => splitThinking());
  behavesAsOperator('splitThinking', () => splitThinking({ startsInside: true, partial: false }));

  it('delivers thinking as it streams and holds back only what may become a tag', (m) => {
    const source = m.cold('s-a-b-c-d-e-g-f|', {
      ...chunks,
      a: text('<thi'),
      b: text('nk>Hm'),
      c: text(' <'),
      d: text('/'),
      e: text('thing</think'),
      g: text('>Yes'),
    });
    const expected = '     s---t-v---w-x-f|';

    m.expect(source.pipe(splitThinking(), verifyGrammar())).toBeObservable(expected, {
      ...chunks,
      t: thought('Hm'),
      v: thought(' '),
      w: thought('</thing'),
      x: text('Yes', 1),
    });
  });

  it('delivers a less-than sign with the character that makes it no tag', (m) => {
    const source = m.cold('ab|', { a: text('a <'), b: text(' b') });

    m.expect(source.pipe(splitThinking())).toBeObservable('cd|', { c: text('a '), d: text('< b') });
  });

  it('passes a stream without tags on as it is', (m) => {
    const values = { ...chunks, t: chunks.t };
    const source = m.cold('stvAuf-sndeF|', values);

    m.expect(source.pipe(splitThinking(), verifyGrammar())).toBeObservable('stvAuf-sndeF|', values);
  });

  vitestIt('numbers what follows in the call anew', () => {
    const { n, d, e, t } = chunks;
    const signature = { type: 'thinking-signature', format: 'test', data: 'x' } as const;
    const refusal = { type: 'refusal-delta', text: 'no' } as const;
    const ran = {
      type: 'tool-result',
      toolCallId: 'x',
      toolName: 'search',
      result: 1,
      isError: false,
      durationMs: 0,
      providerExecuted: true,
    } as const;

    const source = [
      s,
      t,
      { ...signature, block: 0 },
      text('a<think>b</think>c', 1),
      { type: 'source', url: 'https://x.y', block: 1 },
      { ...n, block: 2 },
      { ...d, block: 2 },
      { ...e, block: 2 },
      { ...signature, block: 2 },
      { ...ran, block: 3 },
      { ...refusal, block: 4 },
      F,
      s,
      text('d'),
      f,
    ] as const satisfies StreamChunk[];

    expect(split(source)).toStrictEqual([
      s,
      t,
      { ...signature, block: 0 },
      text('a', 1),
      thought('b', 2),
      text('c', 3),
      { type: 'source', url: 'https://x.y', block: 3 },
      { ...n, block: 4 },
      { ...d, block: 4 },
      { ...e, block: 4 },
      { ...signature, block: 4 },
      { ...ran, block: 5 },
      { ...refusal, block: 6 },
      F,
      s,
      text('d'),
      f,
    ]);
  });

  vitestIt('leaves sources and signatures with the text that they belong to', () => {
    const source = { type: 'source', url: 'https://x.y', block: 0 } as const;
    const signature = { type: 'thinking-signature', format: 'test', data: 'x', block: 0 } as const;

    expect(split([s, text('a<think>b'), source, text('c</think>d'), source, f])).toStrictEqual([
      s,
      text('a'),
      thought('b', 1),
      source,
      thought('c', 1),
      text('d', 2),
      { ...source, block: 2 },
      f,
    ]);
    expect(split([s, text('<think>b'), source, f])).toStrictEqual([
      s,
      thought('b'),
      { ...source, block: 1 },
      f,
    ]);
    expect(split([s, signature, text('<think>b'), f])).toStrictEqual([s, signature, thought('b'), f]);
  });

  vitestIt('flushes what is held before other content, and goes on thinking behind it', () => {
    const { n, d, e } = chunks;
    const call = [n, d, e].map((chunk) => ({ ...chunk, block: 1 }));

    expect(split([s, text('<think>a</th'), ...call, text('ink>b</think>c', 2), f])).toStrictEqual([
      s,
      thought('a'),
      thought('</th'),
      ...call,
      thought('ink>b', 2),
      text('c', 3),
      f,
    ]);
    expect(split([s, text('a<'), text('think>', 1), f])).toStrictEqual([
      s,
      text('a'),
      text('<'),
      text('think>', 1),
      f,
    ]);
  });

  vitestIt('lets usage, raw and running tools pass what is held', () => {
    const { n, d, e } = chunks;
    const raw = { type: 'raw', event: {} } as const;
    const tool = { toolCallId: 'call_0', toolName: 'weather' } as const;
    const progress = { type: 'tool-progress', ...tool, value: 1 } as const;
    const approval = { type: 'approval-request', ...tool, arguments: {} } as const;
    const result = { type: 'tool-result', ...tool, result: 1, isError: false, durationMs: 1 } as const;
    const passing = [u, raw, approval, progress, result];

    expect(split([s, n, d, e, text('a<thi', 1), ...passing, text('nk>b', 1), f])).toStrictEqual([
      ...[s, n, d, e, text('a', 1), ...passing],
      ...[thought('b', 2), f],
    ]);
  });

  it('drops what is held at a restart and begins anew', (m) => {
    const source = m.cold('s-a-r-s-a-b-f|', { ...chunks, r, a: text('<think>a</thi'), b: text('nk>b') });
    const expected = '     s-t-r-s-t-x-f|';

    m.expect(source.pipe(splitThinking(), verifyGrammar())).toBeObservable(expected, {
      ...chunks,
      r,
      t: thought('a'),
      x: text('b', 1),
    });
  });

  vitestIt('begins anew at each call', () => {
    expect(split([s, text('<think>a'), f, s, text('b'), f])).toStrictEqual([
      s,
      thought('a'),
      f,
      s,
      text('b'),
      f,
    ]);
    expect(split([s, text('a'), f, s, text('b</think>c'), f], { startsInside: true })).toStrictEqual([
      ...[s, thought('a'), f],
      ...[s, thought('b'), text('c', 1), f],
    ]);
  });

  it('flushes what is held before completion', (m) => {
    const result = m.cold('a-|', { a: text('<think>a<') }).pipe(splitThinking());

    m.expect(result).toBeObservable('t-(v|)', { t: thought('a'), v: thought('<') });
  });

  it('flushes what is held before an error, which tells what was seen here', (m) => {
    const errors: unknown[] = [];
    const result = m
      .cold('sau#', { ...chunks, a: text('<think>a</think>b<') }, cut)
      .pipe(splitThinking(), tap({ error: (error: unknown) => errors.push(error) }));

    m.expect(result.pipe(ignoreElements())).toBeObservable('---#', {}, cut);
    m.flush();
    const [error] = errors;
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).not.toBe(cut);
    expect(error).toMatchObject({
      cause: cut,
      partial: { thinking: 'a', text: 'b<', usage: { ...usage, partial: true } },
    });
  });

  it('passes on the very error that is none of this library', (m) => {
    const other = new TypeError('oops');

    m.expect(m.cold('#', chunks, other).pipe(splitThinking())).toBeObservable('#', chunks, other);
  });

  vitestIt('keeps nothing of the call with partial false', () => {
    let caught: unknown;
    of(s, text('a<'))
      .pipe(concatMap((chunk, index) => (index === 1 ? throwError(() => cut) : of(chunk))))
      .pipe(splitThinking({ partial: false }))
      .subscribe({ error: (error: unknown) => (caught = error) });

    expect(isRxllmError(caught)).toBe(true);
    expect(caught).toBe(cut);
  });

  vitestIt('stops a synchronous source when unsubscribed from within it', () => {
    let pulled = 0;
    const endless = new Observable<StreamChunk>((subscriber) => {
      while (!subscriber.closed) {
        pulled += 1;
        subscriber.next(text('a<think>b'));
      }
    });
    const result: StreamChunk[] = [];
    endless.pipe(splitThinking(), take(1)).subscribe((chunk) => result.push(chunk));

    expect(result).toStrictEqual([text('a')]);
    expect(pulled).toBe(1);
  });

  it('unsubscribes from the source at once and drops what is held', (m) => {
    const source = m.cold('a---', { a: text('<thi') });
    const unsub = '        ^-!';

    m.expect(source.pipe(splitThinking()), unsub).toBeObservable('---');
    m.expect(source).toHaveSubscriptions(unsub);
  });

  vitestIt('costs the same per character however long the answer is', () => {
    const hard = '<think <think `` [THIN </thinking '.repeat(3000);
    const run = (whole: string, size: number): number => {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
        text(whole.slice(n * size, (n + 1) * size)),
      );
      let length = 0;
      from(pieces)
        .pipe(
          splitThinking(),
          map((chunk) => ('text' in chunk ? chunk.text.length : 0)),
        )
        .subscribe((more) => (length += more));
      return length;
    };

    expect(run(hard, 1)).toBe(run(hard, hard.length));
  });

  vitestIt('throws at the call for tags that are no names', () => {
    for (const tags of [[], [''], ['<think>'], ['a b'], ['[THINK'], ['think', '[/X]']]) {
      expect(() => splitThinking({ tags })).toThrow(
        `splitThinking: tags must be names like think or [THINK], not ${JSON.stringify(tags)}`,
      );
    }
  });
});
