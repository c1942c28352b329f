import { concatAll, map, type Observable, of, toArray } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { bufferChunks } from '../../operators/bufferChunks.ts';
import { collectResponse } from '../../operators/collectResponse.ts';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import { splitDeltas } from '../../operators/splitDeltas.ts';
import { stampTime } from '../../operators/stampTime.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const at = (chunk: StreamChunk, moment: number) => ({ ...chunk, at: moment });

describe('stampTime', () => {
  behavesAsOperator('stampTime', () => stampTime());

  it("adds the scheduler's time to each chunk and changes nothing else", (m) => {
    const source = m.cold<StreamChunk>('--s---a-(uf|)', chunks);
    const expected = '     --S---A-(UF|)';
    const stamped = { S: at(chunks.s, 2), A: at(chunks.a, 6), U: at(chunks.u, 8), F: at(chunks.f, 8) };

    m.expect(source.pipe(stampTime())).toBeObservable(expected, stamped);
  });

  plainIt('takes the clock that it is given', () => {
    const seen: unknown[] = [];
    const scheduler = { now: () => 1234, schedule: () => expect.unreachable() };
    of(chunks.a)
      .pipe(stampTime({ scheduler }))
      .subscribe((chunk) => seen.push(chunk.at));

    expect(seen).toStrictEqual([1234]);
  });

  it('keeps the time of the first where deltas are joined, and of the whole where they are cut', (m) => {
    const source = m.cold<StreamChunk>('sab-c-f|', chunks);
    const texts = source.pipe(
      stampTime(),
      bufferChunks({ count: 2 }),
      joinDeltas(),
      concatAll(),
      splitDeltas({ by: 1 }),
      verifyGrammar(),
      map((chunk) => [chunk.type === 'text-delta' && chunk.text, (chunk as { at?: number }).at]),
      toArray(),
    );

    m.expect(texts).toBeObservable('-------(x|)', {
      x: [
        [false, 0],
        ['a', 1],
        ['b', 1],
        ['c', 4],
        [false, 6],
      ],
    });
  });

  it('stays out of the message that is built of the chunks', (m) => {
    const result: StreamChunk = {
      type: 'tool-result',
      toolCallId: 'call_1',
      toolName: 'search',
      result: 1,
      isError: false,
      durationMs: 0,
      providerExecuted: true,
      block: 1,
    };
    const invalid: StreamChunk = {
      type: 'tool-call-invalid',
      toolCallId: 'call_2',
      toolName: 'weather',
      argumentsText: '{',
      reason: 'incomplete',
      block: 2,
    };
    const source: StreamChunk = { type: 'source', url: 'https://example.com', block: 3 };
    const values = { ...chunks, r: result, i: invalid, q: source, A: { ...chunks.A, block: 3 } };
    const stream = m.cold<StreamChunk>('sndeuriqAF|', values);
    const messageOf = (origin: Observable<StreamChunk>) =>
      origin.pipe(
        collectResponse(),
        map(({ message, usage }) => JSON.stringify({ message, usage })),
      );
    const plain: string[] = [];
    const stamped: string[] = [];
    messageOf(stream).subscribe((text) => plain.push(text));
    messageOf(stream.pipe(stampTime())).subscribe((text) => stamped.push(text));

    m.flush();
    expect(plain[0]).toContain('https://example.com');
    expect(stamped).toStrictEqual(plain);
  });
});
