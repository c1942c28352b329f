import { from, map, Observable, skipWhile, take } from 'rxjs';
import { describe, expect, it as vitestIt } from 'vitest';
import { splitThinking, type SplitThinkingOptions } from '../../operators/splitThinking.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import {
  approvalRequest,
  type ChunkDraft,
  finish,
  restart,
  text,
  thinking,
  toolCall,
  toolProgress,
  toolResult,
  usage,
} from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const s: ChunkDraft = { type: 'start' };
const f = finish();
const c = toolCall('weather', {}, 'call_0');
const u = usage({ inputTokens: 3, outputTokens: 5 });
const source: ChunkDraft = { type: 'source', url: 'https://x.y' };
const signature: ChunkDraft = { type: 'thinking-signature', format: 'test', data: 'x' };

const cut = new StreamInterruptedError('cut');

function piece(content: string, block = 0): StreamChunk {
  return { type: 'text-delta', text: content, block };
}

type Drafts = readonly (ChunkDraft | readonly ChunkDraft[])[];

/** Expects of the first drafts, as a stream, the second. */
function expectSplit(drafts: Drafts, expected: Drafts, options?: SplitThinkingOptions): void {
  const result: StreamChunk[] = [];
  from(listChunks(...drafts))
    .pipe(splitThinking(options), verifyGrammar())
    .subscribe((chunk) => result.push(chunk));

  expect(result).toStrictEqual(listChunks(...expected));
}

describe('splitThinking', () => {
  behavesAsOperator('splitThinking', () => splitThinking());
  behavesAsOperator('splitThinking', () => splitThinking({ startsInside: true, partial: false }));

  it('delivers thinking as it streams and holds back only what may become a tag', (m) => {
    const source = m.coldChunks('s-a-b-c-d-e-g-f|', {
      ...{ s, f },
      a: text('<thi'),
      b: text('nk>Hm'),
      c: text(' <'),
      d: text('/'),
      e: text('thing</think'),
      g: text('>Yes'),
    });
    const expected = '           s---t-v---w-x-f|';

    m.expectChunks(source.pipe(splitThinking(), verifyGrammar())).toBe(expected, {
      ...{ s, f },
      t: thinking('Hm'),
      v: thinking(' '),
      w: thinking('</thing'),
      x: text('Yes'),
    });
  });

  it('delivers a less-than sign with the character that makes it no tag', (m) => {
    const source = m.coldChunks('ab-|', { a: text('a <'), b: text(' b') });
    const expected = '           cd-|';

    m.expectChunks(source.pipe(splitThinking())).toBe(expected, { c: text('a '), d: text('< b') });
  });

  it('passes a stream without tags on as it is', (m) => {
    const values = { s, f, u, t: thinking('t'), v: thinking('v'), c };
    const source = m.coldChunks('stvAuf-scf|', values);

    m.expectChunks(source.pipe(splitThinking(), verifyGrammar())).toBe('stvAuf-scf|', values);
  });

  vitestIt('numbers what follows in the call anew', () => {
    const t = thinking('t');
    const refusal: ChunkDraft = { type: 'refusal-delta', text: 'no' };
    const ran: ChunkDraft = { ...toolResult('search', 1), toolCallId: 'x', providerExecuted: true };
    const rest = [source, c, signature, ran, refusal, f, text('d'), f];

    expectSplit(
      [t, signature, text('a<think>b</think>c'), ...rest],
      [t, signature, text('a'), thinking('b'), text('c'), ...rest],
    );
  });

  vitestIt('leaves sources and signatures with the text that they belong to', () => {
    expectSplit(
      [text('a<think>b'), source, text('c</think>d'), source, f],
      [
        text('a'),
        thinking('b'),
        { ...source, block: 0 },
        { ...thinking('c'), block: 1 },
        text('d'),
        source,
        f,
      ],
    );
    expectSplit([text('<think>b'), source, f], [thinking('b'), source, f]);
    expectSplit([signature, piece('<think>b'), f], [signature, thinking('b'), f]);
  });

  vitestIt('flushes what is held before other content, and goes on thinking behind it', () => {
    expectSplit(
      [text('<think>a</th'), c, text('ink>b</think>c'), f],
      [thinking('a'), thinking('</th'), c, thinking('ink>b'), text('c'), f],
    );
    expectSplit([text('a<'), piece('think>', 1), f], [text('a'), text('<'), piece('think>', 1), f]);
    expectSplit(
      [piece('a<'), source, piece('think>'), f],
      [piece('a'), piece('<'), source, piece('think>'), f],
    );
  });

  vitestIt('lets usage, raw and running tools pass what is held', () => {
    const raw: ChunkDraft = { type: 'raw', event: {} };
    const tools = [approvalRequest('weather'), toolProgress('weather', 1), toolResult('weather', 1)];
    const passing = [u, raw, ...tools];

    expectSplit(
      [c, text('a<thi'), ...passing, text('nk>b'), f],
      [c, text('a'), ...passing, thinking('b'), f],
    );
  });

  vitestIt('goes on behind a block of another kind where the text had ended', () => {
    expectSplit(
      [s, piece('<think>a `</think>'), c, piece('Yes', 2), f],
      [s, thinking('a `'), c, text('Yes'), f],
    );
    expectSplit([s, piece('a\n'), c, piece('<think/>\nYes', 2), f], [s, text('a\n'), c, text('Yes'), f]);
  });

  it('drops what is held at a restart and begins anew', (m) => {
    const source = m.coldChunks('s-a-r-s-a-b-f|', {
      ...{ s, f, r: restart() },
      a: text('<think>a</thi'),
      b: text('nk>b'),
    });
    const expected = '           s-t-r-s-t-x-f|';

    m.expectChunks(source.pipe(splitThinking(), verifyGrammar())).toBe(expected, {
      ...{ s, f, r: restart() },
      t: thinking('a'),
      x: text('b'),
    });
  });

  vitestIt('begins anew at each call', () => {
    expectSplit([text('<think>a'), f, text('b'), f], [thinking('a'), f, text('b'), f]);
    expectSplit([text('a'), f, text('b</think>c'), f], [thinking('a'), f, thinking('b'), text('c'), f], {
      startsInside: true,
    });
  });

  it('flushes what is held before completion', (m) => {
    const [, t, v] = listChunks(thinking('a'), thinking('<')) as [StreamChunk, StreamChunk, StreamChunk];
    const result = m.cold('a-|', { a: piece('<think>a<') }).pipe(splitThinking());

    m.expect(result).toBeObservable('t-(v|)', { t, v });
  });

  it('flushes what is held before an error, which tells what was seen here', (m) => {
    const source = m.coldChunks('-au#', { a: text('<think>a</think>b<'), u }, cut);
    const result = source.pipe(splitThinking());
    const screen = m.recordTimeline(result);

    m.expectChunks(result).toBe('-xu(y#)', { x: [thinking('a'), text('b')], u, y: text('<') }, cut);
    m.flush();
    expect(screen.error).toBeInstanceOf(StreamInterruptedError);
    expect(screen.error).not.toBe(cut);
    expect(screen.error).toMatchObject({
      cause: cut,
      partial: { thinking: 'a', text: 'b<', usage: { ...u.usage, partial: true } },
    });
  });

  it('passes on the very error that is none of this library', (m) => {
    const other = new TypeError('oops');

    m.expectChunks(m.coldChunks('#', {}, other).pipe(splitThinking())).toBe('#', {}, other);
  });

  it('keeps nothing of the call with partial false', (m) => {
    const screen = m.recordTimeline(m.coldChunks('a#', {}, cut).pipe(splitThinking({ partial: false })));

    m.flush();
    expect(screen.error).toBe(cut);
  });

  vitestIt('stops a synchronous source when unsubscribed from within it', () => {
    let pulled = 0;
    const endless = new Observable<StreamChunk>((subscriber) => {
      while (!subscriber.closed) {
        pulled += 1;
        subscriber.next(piece('a<think>b'));
      }
    });
    const result: StreamChunk[] = [];
    endless.pipe(splitThinking(), take(1)).subscribe((chunk) => result.push(chunk));

    expect(result).toStrictEqual([piece('a')]);
    expect(pulled).toBe(1);
  });

  it('unsubscribes from the source at once and drops what is held', (m) => {
    const source = m.coldChunks('-a---', { a: text('<thi') });
    const unsub = '              ^--!';
    const result = source.pipe(
      splitThinking(),
      skipWhile(({ type }) => type === 'start'),
    );

    m.expectChunks(result, unsub).toBe('----');
    m.expect(source).toHaveSubscriptions(unsub);
  });

  vitestIt('costs the same per character however long the answer is', () => {
    const hard = '<think <think `` [THIN </thinking '.repeat(3000);
    const run = (whole: string, size: number): number => {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, n) =>
        piece(whole.slice(n * size, (n + 1) * size)),
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
