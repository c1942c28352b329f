import { type Observable, of, type OperatorFunction, retry, take, toArray } from 'rxjs';
import type { Context } from 'rxjs-marbles';
import { describe, expect, it as plainIt } from 'vitest';
import { z } from 'zod';
import { accumulateResponse } from '../../operators/accumulateResponse.ts';
import { accumulateText } from '../../operators/accumulateText.ts';
import { collectResponse } from '../../operators/collectResponse.ts';
import { executeTools } from '../../operators/executeTools.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { emptyPartial, GrammarError, isRxllmError, ProviderError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { fromText } from '../../testing/fromText.ts';
import { recordChunks } from '../../testing/recordChunks.ts';
import { replayChunks } from '../../testing/replayChunks.ts';
import { chunks, usage } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { inTurn, it } from '../marbles.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

/** What a stream wrote down, once the virtual time has run. */
function logOf(m: Context, source: Observable<StreamChunk>): readonly string[] {
  const lines: string[] = [];
  source.pipe(recordChunks((line) => lines.push(line))).subscribe({ error: () => undefined });
  m.flush();
  return lines;
}

function line(at: number, event: object): string {
  return JSON.stringify({ at, ...event });
}

/** An error as its facts, its partial and its class, which is what a replay can give back. */
function described(error: unknown): unknown {
  return isRxllmError(error) ? { ...error.toJSON(), constructor: error.constructor } : error;
}

describe('recordChunks', () => {
  behavesAsOperator('recordChunks', () => recordChunks(() => undefined));

  it('writes a line for each chunk and one for completion, with milliseconds since the subscription', (m) => {
    const lines: string[] = [];
    const source = m.cold('s--a-f|', chunks);

    m.expect(source.pipe(recordChunks((text) => lines.push(text)))).toBeObservable('s--a-f|', chunks);
    m.flush();

    expect(lines).toStrictEqual([
      line(0, { chunk: chunks.s }),
      line(3, { chunk: chunks.a }),
      line(5, { chunk: chunks.f }),
      line(6, { complete: true }),
    ]);
  });

  it('counts from its own subscription', (m) => {
    const lines: string[] = [];
    const source = m.cold('--a|', chunks);
    const record = recordChunks((text) => lines.push(text), { scheduler: m.scheduler });

    m.expect(source.pipe(record), '---^').toBeObservable('-----a|', chunks);
    m.flush();

    expect(lines).toStrictEqual([line(2, { chunk: chunks.a }), line(3, { complete: true })]);
  });

  it('writes an error with its facts and its partial', (m) => {
    const error = new ProviderError('busy', { status: 529, retryable: true, partial: () => emptyPartial });
    const facts = {
      name: 'ProviderError',
      message: 'busy',
      status: 529,
      retryable: true,
      partial: emptyPartial,
    };

    expect(logOf(m, m.cold<StreamChunk>('--#', {}, error))).toStrictEqual([line(2, { error: facts })]);
    expect(logOf(m, m.cold<StreamChunk>('-#', {}, new TypeError('odd')))).toStrictEqual([
      line(1, { error: { name: 'TypeError', message: 'odd', retryable: false } }),
    ]);
  });

  it('writes a chunk before it is delivered, so that what its subscriber saw is in the log', (m) => {
    const lines: string[] = [];
    const source = m.cold('s-a-b-f|', chunks);

    m.expect(
      source.pipe(
        recordChunks((text) => lines.push(text)),
        take(2),
      ),
    ).toBeObservable('s-(a|)', chunks);
    m.expect(source).toHaveSubscriptions('^-!');
    m.flush();

    expect(lines).toStrictEqual([line(0, { chunk: chunks.s }), line(2, { chunk: chunks.a })]);
  });

  it('errors with what the sink throws', (m) => {
    const full = new Error('disk full');
    const source = m.cold('s-a-f|', chunks);
    const record = recordChunks((text) => {
      if (text.includes('text-delta')) throw full;
    });

    m.expect(source.pipe(record)).toBeObservable('s-#', chunks, full);
    m.expect(source).toHaveSubscriptions('^-!');
  });

  plainIt('throws at the call without a sink', () => {
    expect(() => recordChunks('file.jsonl' as never)).toThrow(
      'recordChunks: sink must be a function, not string',
    );
  });
});

const tools = [
  {
    name: 'weather',
    parameters: z.object({ city: z.string() }),
    execute: () => fromText('asking the sky', { interval: 3 }).pipe(accumulateText()),
  },
];
const call = { toolName: 'weather', arguments: { city: 'Bern' }, at: 4 };

const live: Record<string, () => Observable<StreamChunk>> = {
  'an answer with thinking and usage': () =>
    fromText('one two six', { interval: 2, thinking: 'hm hm', usage }),
  'tools that run': () =>
    fromText('one two', { interval: 2, toolCalls: [call, { toolName: 'unknown' }] }).pipe(
      executeTools(tools),
    ),
  'a restart in the middle': () =>
    inTurn(
      fromText('one two six', { interval: 2, failure: { at: 8 } }),
      fromText('six two one', { interval: 3, usage }),
    ).pipe(retryStream({ delay: 5, random: () => 0.5 })),
  'a failure in the middle of a tool call': () =>
    fromText('one two', { interval: 2, toolCalls: [call], failure: { at: 6 } }),
  'an error at once': () =>
    fromText('', {
      failure: {
        error: new ProviderError('no', { provider: 'test', status: 401, code: 'auth', retryable: false }),
      },
    }),
};

const accumulators: Record<string, () => OperatorFunction<StreamChunk, unknown>> = {
  accumulateText: () => accumulateText(),
  accumulateResponse: () => accumulateResponse(),
  collectResponse: () => collectResponse({ chunks: true }),
  toArray: () => toArray(),
};

describe.each(Object.keys(live))('a log of %s', (name) => {
  const start = live[name] as () => Observable<StreamChunk>;

  for (const [accumulator, create] of Object.entries(accumulators)) {
    it(`is equal to the stream for ${accumulator}`, (m) => {
      const lines = logOf(m, start());
      const messages = (stream: Observable<StreamChunk>) => {
        const seen: unknown[] = [];
        const from = m.scheduler.now();
        const at = () => m.scheduler.now() - from;
        const times = /"(start|end)Time":\d+/g;
        const plain = (value: unknown) =>
          JSON.parse(JSON.stringify(value).replace(times, '"$1Time":0')) as unknown;

        stream.pipe(create()).subscribe({
          next: (value) => seen.push([at(), plain(value)]),
          error: (error: unknown) => seen.push([at(), described(error)]),
          complete: () => seen.push([at(), 'complete']),
        });
        m.flush();
        return seen;
      };
      const expected = messages(start());

      expect(expected.length).toBeGreaterThan(0);
      expect(messages(replayChunks(lines))).toStrictEqual(expected);
    });
  }
});

describe('a log of attempts', () => {
  it('has them all where it is taken behind the retry', (m) => {
    const attempts = inTurn(fromText('one', { failure: {} }), fromText('two'));
    const lines = logOf(m, attempts.pipe(retryStream({ delay: 0 })));

    expect(lines.map((text) => (JSON.parse(text) as { chunk?: StreamChunk }).chunk?.type)).toStrictEqual([
      'start',
      'text-delta',
      'restart',
      'start',
      'text-delta',
      'finish',
      undefined,
    ]);
  });

  it('cannot be replayed where it is taken before the retry', (m) => {
    const lines: string[] = [];
    inTurn(fromText('one', { failure: {} }), of(chunks.s))
      .pipe(
        recordChunks((text) => lines.push(text)),
        retry(1),
      )
      .subscribe();

    m.expect(replayChunks(lines, { pace: 'at-once' })).toBeObservable(
      '(sa#)',
      { ...chunks, a: { ...chunks.a, text: 'one' } },
      new GrammarError('replayChunks: line 4 follows the end; a log holds one stream'),
    );
  });
});
