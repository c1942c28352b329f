import { of } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { configure, type Context } from 'rxjs-marbles';
import { describe, expect, it } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError, type RxllmError, StreamInterruptedError } from '../../src/errors.ts';
import {
  approvalRequest,
  assertTimelines,
  type ChunkDraft,
  chunkMarbles,
  type ChunkValues,
  finish,
  inVirtualTime,
  restart,
  text,
  thinking,
  toolCall,
  toolProgress,
  toolResult,
  usage,
} from '../../testing/index.ts';
import { forbidClocks } from './noClock.ts';

forbidClocks();

const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
const stop: StreamChunk = { type: 'finish', reason: 'stop', metadata: {} };
const delta = (content: string, block = 0): StreamChunk => ({ type: 'text-delta', text: content, block });

/** The chunks of a diagram with their frames. */
function framesOf(diagram: string, values?: ChunkValues): (readonly [number, unknown])[] {
  const scheduler = new TestScheduler(assertTimelines);
  const { recordTimeline, coldChunks } = chunkMarbles(scheduler);
  return scheduler.run(({ flush }) => {
    const timeline = recordTimeline(coldChunks(diagram, values).pipe(verifyGrammar()));
    flush();
    return timeline.messages.map(
      ({ frame, notification }) =>
        [frame, notification.kind === 'N' ? notification.value : notification.kind] as const,
    );
  });
}

/** The chunks of a diagram without frames, start and completion. */
function chunksOf(diagram: string, values?: ChunkValues): unknown[] {
  return framesOf(diagram, values)
    .map(([, value]) => value)
    .filter((value) => value !== 'C' && (value as StreamChunk).type !== 'start');
}

describe('a diagram of chunks', () => {
  it('is a whole call: letters are text, start and finish come by themselves', () => {
    expect(framesOf('--H-i-|')).toEqual([
      [2, start],
      [2, delta('H')],
      [4, delta('i')],
      [6, stop],
      [6, 'C'],
    ]);
  });

  it('knows run mode: time, groups and spaces', () => {
    expect(framesOf(' a 5ms (bc) |')).toEqual([
      [0, start],
      [0, delta('a')],
      [6, delta('b')],
      [6, delta('c')],
      [10, stop],
      [10, 'C'],
    ]);
  });

  it('adds nothing to a stream without chunks', () => {
    expect(framesOf('--|')).toEqual([[2, 'C']]);
  });

  it('adds no finish behind an error chunk', () => {
    const e: StreamChunk = { type: 'error', error: { name: 'Error', message: 'x', retryable: false } };

    expect(chunksOf('-ae|', { e })).toEqual([delta('a'), e]);
  });

  it('finishes with tool-calls after a tool call, and with the last usage', () => {
    const values = {
      c: toolCall('weather', { city: 'Bern' }),
      u: usage({ inputTokens: 2, outputTokens: 3 }),
    };

    expect(chunksOf('-cu|', values)).toEqual([
      { type: 'tool-call-start', toolCallId: 'call_0', toolName: 'weather', block: 0 },
      { type: 'tool-call-delta', toolCallId: 'call_0', argumentsDelta: '{"city":"Bern"}', block: 0 },
      { type: 'tool-call', toolCallId: 'call_0', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 },
      { type: 'usage', usage: { inputTokens: 2, outputTokens: 3, totalTokens: 5 } },
      {
        type: 'finish',
        reason: 'tool-calls',
        usage: { inputTokens: 2, outputTokens: 3, totalTokens: 5 },
        metadata: {},
      },
    ]);
  });

  it('takes the reason and the usage of a finish that it is given', () => {
    const f = finish('length', { outputTokens: 3 });

    expect(chunksOf('f|', { f })).toEqual([
      {
        type: 'finish',
        reason: 'length',
        usage: { inputTokens: 0, outputTokens: 3, totalTokens: 3 },
        metadata: {},
      },
    ]);
  });

  it('numbers blocks where the kind changes, and each tool call', () => {
    const values: ChunkValues = {
      t: thinking('hm'),
      T: thinking('in short', 'summary'),
      g: { type: 'thinking-signature', format: 'anthropic', data: 'sig' },
      r: { type: 'refusal-delta', text: 'no' },
      q: { type: 'source', url: 'https://example.org' },
      c: toolCall('one'),
      d: toolCall('two', {}, 'id'),
      p: { type: 'tool-result', toolName: 'one', toolCallId: 'x', result: 1, providerExecuted: true },
    };
    const blocks = chunksOf('(tgtTTabqcdprxf)|', { ...values, f: finish() }).map((chunk) =>
      'block' in (chunk as object) ? (chunk as { block: number }).block : '-',
    );

    expect(blocks).toEqual([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 6, 7, '-']);
  });

  it('begins a block for a signature that nothing precedes', () => {
    const g: ChunkDraft = { type: 'thinking-signature', format: 'openai', data: null };

    expect(chunksOf('(gt)|', { g, t: thinking('hm') })).toMatchObject([
      { block: 0 },
      { block: 0 },
      { type: 'finish' },
    ]);
  });

  it('keeps what a chunk says of its place', () => {
    const b: StreamChunk = { type: 'text-delta', text: 'b', block: 1 };
    const chunks = chunksOf('(ab)', { b, c: { type: 'start', provider: 'mine', model: 'm' } });

    expect(chunks).toEqual([delta('a'), b]);
    expect(framesOf('c|', { c: { type: 'start', provider: 'mine', model: 'm' } })[0]).toEqual([
      0,
      { type: 'start', provider: 'mine', model: 'm' },
    ]);
  });

  it('goes on with a tool call that streams, in parallel too', () => {
    const values: ChunkValues = {
      n: { type: 'tool-call-start', toolName: 'one' },
      m: { type: 'tool-call-start', toolName: 'two', toolCallId: 'id' },
      d: { type: 'tool-call-delta', argumentsDelta: '{', toolCallId: 'call_0' },
      e: { type: 'tool-call-delta', argumentsDelta: '{' },
      x: { type: 'tool-call-invalid', toolName: 'two', argumentsText: '{', reason: 'incomplete' },
      y: { type: 'tool-call', toolName: 'one', arguments: {} },
    };

    expect(chunksOf('nmdexy|', values).slice(2, 6)).toMatchObject([
      { toolCallId: 'call_0', block: 0 },
      { toolCallId: 'id', block: 1 },
      { type: 'tool-call-invalid', toolCallId: 'id', block: 1 },
      { type: 'tool-call', toolCallId: 'call_0', block: 0 },
    ]);
  });

  it('gives a block to a tool call that nothing announced', () => {
    const scheduler = new TestScheduler(assertTimelines);
    const c: ChunkDraft = { type: 'tool-call', toolName: 'one', arguments: {} };
    const d: ChunkDraft = { type: 'tool-call-delta', argumentsDelta: '{' };
    const messages = chunkMarbles(scheduler).coldChunks('acd', { c, d }).messages;

    expect(
      messages.map(({ notification }) => notification.kind === 'N' && (notification.value as unknown)),
    ).toMatchObject([
      { type: 'start' },
      { type: 'text-delta', block: 0 },
      { type: 'tool-call', toolCallId: 'call_1', block: 1 },
      { type: 'tool-call-delta', toolCallId: 'call_2', block: 2 },
    ]);
  });

  it('finds the call of what tools tell, and counts how long they ran', () => {
    const values: ChunkValues = {
      c: toolCall('weather', { city: 'Bern' }),
      d: toolCall('weather', { city: 'Basel' }, 'second'),
      f: finish(),
      a: approvalRequest('weather'),
      A: approvalRequest('weather', 'second'),
      p: toolProgress('weather', 'asking'),
      P: toolProgress('weather', 'asking', 'second'),
      r: toolResult('weather', 21),
      R: toolResult('weather', 'no', { isError: true, durationMs: 1 }),
    };

    expect(chunksOf('cdfaApPr--R|', values).slice(7)).toEqual([
      { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: { city: 'Bern' } },
      { type: 'approval-request', toolCallId: 'second', toolName: 'weather', arguments: { city: 'Basel' } },
      { type: 'tool-progress', toolCallId: 'call_0', toolName: 'weather', value: 'asking' },
      { type: 'tool-progress', toolCallId: 'second', toolName: 'weather', value: 'asking' },
      {
        type: 'tool-result',
        toolCallId: 'call_0',
        toolName: 'weather',
        result: 21,
        isError: false,
        durationMs: 7,
      },
      {
        type: 'tool-result',
        toolCallId: 'second',
        toolName: 'weather',
        result: 'no',
        isError: true,
        durationMs: 1,
      },
    ]);
  });

  it('fails at a result whose call it does not have, unless it is told the id', () => {
    const { coldChunks } = chunkMarbles(new TestScheduler(assertTimelines));
    const alone = toolResult('weather', 1, { toolCallId: 'x' });
    const asked = approvalRequest('weather', 'x');

    expect(() => coldChunks('ar', { r: toolResult('weather', 1) })).toThrow(
      /^The diagram has a tool-result of weather and no call .*\n {2}in 'ar' at 10 ms$/,
    );
    expect(coldChunks('rq', { r: alone, q: asked }).messages).toMatchObject([
      { notification: { value: { toolCallId: 'x', durationMs: 0 } } },
      { notification: { value: { toolCallId: 'x', arguments: {} } } },
    ]);
  });

  it('opens the next call after a finish and after a restart, and counts the attempts', () => {
    const values = { f: finish(), r: restart({ delayMs: 2 }), R: restart({ error: new Error('boom') }) };
    const types = framesOf('a-f-b-r-c-R-d|', values).map(([, value]) => (value as StreamChunk).type);

    expect(types.filter((type) => type === 'start')).toHaveLength(4);
    expect(chunksOf('a-f-b-r-c-R-d|', values)).toMatchObject([
      delta('a'),
      stop,
      delta('b'),
      {
        type: 'restart',
        attempt: 2,
        maxAttempts: 3,
        delayMs: 2,
        error: { name: 'StreamInterruptedError', message: 'The stream broke off', retryable: true },
      },
      delta('c'),
      { type: 'restart', attempt: 3, delayMs: 0, error: { name: 'Error', message: 'boom' } },
      delta('d'),
      stop,
    ]);
  });

  it('lets everything pass that belongs to no call', () => {
    const values: ChunkValues = {
      m: { type: 'message', message: { role: 'assistant', content: 'Hi' } },
      e: { type: 'run-finish', reason: 'stop', durationMs: 1, rounds: 1 },
    };

    expect(framesOf('me|', values).map(([, value]) => value)).toEqual([values['m'], values['e'], 'C']);
  });

  it('stands for several chunks with one character, or for none', () => {
    expect(chunksOf('(ab)|', { a: [text('x'), text('y')], b: [] })).toEqual([delta('x'), delta('y'), stop]);
  });

  it('refuses a value that no character can stand for', () => {
    const { coldChunks } = chunkMarbles(new TestScheduler(assertTimelines));

    expect(() => coldChunks('a|', { call: [] })).toThrow('values: a name must be one character');
    expect(() => coldChunks('a|', { '#': [] })).toThrow('not "#"');
    expect(coldChunks('🧦|', { '🧦': text('sock') }).messages).toHaveLength(4);
  });

  it.each([
    ['a(b', 'A group of the diagram'],
    ['a)b|', 'A group of the diagram'],
    ['(a(b))|', 'A group of the diagram'],
    ['a|b', 'Something is drawn behind the end'],
    ['a#|', 'Something is drawn behind the end'],
  ])('refuses the diagram %s', (diagram, message) => {
    const { coldChunks } = chunkMarbles(new TestScheduler(assertTimelines));

    expect(() => coldChunks(diagram)).toThrow(message);
    expect(() => coldChunks(diagram)).toThrow(`'${diagram}'`);
  });

  it('fails with an error that has the partial, or with what it is given', () => {
    const busy = new ProviderError('busy', { retryable: true });
    const errorOf = (error?: ConstructorParameters<typeof Error>[1] | Error) => {
      const scheduler = new TestScheduler(assertTimelines);
      const { coldChunks } = chunkMarbles(scheduler);
      const { notification } = coldChunks('ab#', {}, error as Error).messages.at(-1) ?? {};
      return (notification as { error: RxllmError }).error;
    };
    const made = errorOf(
      ((details: object) => new ProviderError('made', { ...details, retryable: false })) as never,
    );

    expect(errorOf()).toBeInstanceOf(StreamInterruptedError);
    expect(errorOf()).toMatchObject({ provider: 'test', partial: { text: 'ab' } });
    expect(errorOf(busy)).toBe(busy);
    expect(made).toMatchObject({ message: 'made', provider: 'test', partial: { text: 'ab' } });
  });
});

describe('chunkMarbles', () => {
  it(
    'logs the subscriptions of a cold stream',
    inVirtualTime(({ coldChunks, expectChunks, expectSubscriptions }) => {
      const source = coldChunks('--H-i-|');

      expectChunks(source, '-^--!').toBe('---H');
      expectSubscriptions(source.subscriptions).toBe('-^--!');
      expect(source.subscriptions).toEqual([]);
    }),
  );

  it(
    'plays a hot stream whether or not somebody listens',
    inVirtualTime(({ hotChunks, expectObservable, expectSubscriptions }) => {
      const source = hotChunks('a-^-b-|');

      expectObservable(source, '---^').toBe('----(f|)', { f: stop });
      expectSubscriptions(source.subscriptions).toBe('---^!');
      expect(source.messages[0]?.frame).toBe(-2);
    }),
  );

  it(
    'expects the diagram at absolute frames',
    inVirtualTime(({ coldChunks, expectChunks }) => {
      expectChunks(coldChunks('-H-#'), '--^').toBe('---H-#');
      expectChunks(coldChunks('-H|'), '').toBe('-H|');
      expect(() => expectChunks(of(), '--^').toBe('-H|')).toThrow('before the subscription at 2 ms');
    }),
  );

  it('fails where nothing is expected', () => {
    const test = inVirtualTime(({ coldChunks, expectChunks }) => void expectChunks(coldChunks('-H|')));

    expect(test).toThrow('expectChunks: what is expected is missing; call toBe(diagram)');
  });

  it('fails where the stream is another', () => {
    const test = inVirtualTime(({ coldChunks, expectChunks }) => expectChunks(coldChunks('-H|')).toBe('-h|'));

    expect(test).toThrow('The timelines differ at 1 ms');
  });

  it('works with the scheduler of a plain TestScheduler, outside of run too', () => {
    const scheduler = new TestScheduler(assertTimelines);
    const { coldChunks, expectChunks } = chunkMarbles(scheduler);
    expectChunks(coldChunks('-H-i|')).toBe('-H-i|');
    scheduler.flush();

    expect(coldChunks('-H|').messages[0]?.frame).toBe(10);
  });

  describe('with rxjs-marbles', () => {
    const { marbles } = configure({ run: true, frameworkMatcher: true, assertDeepEqual: assertTimelines });

    it(
      'works with its context and its expectations',
      marbles((m: Context) => {
        const { coldChunks, expectChunks } = chunkMarbles(m.scheduler);
        const source = coldChunks('--H-#');

        expectChunks(source).toBe('--H-#');
        m.expect(source).toHaveSubscriptions('^---!');
        m.flush();
        expect(source.subscriptions).toHaveLength(1);
      }),
    );

    it('shows differences as diagrams', () => {
      const test = marbles((m: Context) => {
        const { coldChunks, expectChunks } = chunkMarbles(m.scheduler);
        expectChunks(coldChunks('--H-#')).toBe('--H-#', {}, new ProviderError('busy', { retryable: true }));
      });

      expect(() => void test()).toThrow(
        [
          '    expected  #  error ProviderError: busy',
          '    actual    #  error StreamInterruptedError: The stream broke off',
        ].join('\n'),
      );
    });
  });
});

describe('inVirtualTime', () => {
  it('hands on the arguments of the test runner', () => {
    const seen: unknown[] = [];
    inVirtualTime((_, one: number, two: string) => {
      seen.push(one, two);
    })(1, 'two');

    expect(seen).toEqual([1, 'two']);
  });

  it('refuses a body that returns a Promise', () => {
    expect(() => inVirtualTime(() => Promise.resolve() as unknown)()).toThrow('the body must not be async');
  });

  it('lets no real clock in', () => {
    expect(() => Date.now()).toThrow('A real clock was read');
    expect(() => setTimeout(() => undefined)).toThrow('A real clock was read');
    expect(() => performance.now()).toThrow('A real clock was read');
  });
});
