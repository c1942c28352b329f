import { concat, finalize, firstValueFrom, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import { collectRun } from '../../agents/collectRun.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { selectText } from '../../operators/selectText.ts';
import { shareRun } from '../../operators/shareRun.ts';
import { StreamAbortedError } from '../../src/errors.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, finish, text, toolCall, usage } from '../../testing/index.ts';
import { listChunks } from '../chunks.ts';
import { it } from '../marbles.ts';
import { add, ask, messagesOf, streamOf, syncModel, weather } from './runs.ts';

const k = usage({ inputTokens: 10, outputTokens: 5 });

describe('collectRun', () => {
  it('emits the result of a run once, when it ends', (m) => {
    const values = { c: [text('I ask.'), k, ...ask('Bern', 'Ulm')] };
    const model = m.fakeModel(['-c|', '-o-k|'], { values: { ...values, k } });
    const run = streamOf(agent({ model, tools: [weather], price: { input: 1e6, output: 1e6 } }));
    const chunks = m.recordTimeline(run.pipe(shareRun()));
    m.flush();
    const result = of(...chunks.chunks).pipe(collectRun());

    expect(firstOf(result)).toEqual({
      text: 'o',
      messages: messagesOf(chunks.chunks),
      rounds: [
        { provider: 'test', model: 'test-1', agent: 'agent', finishReason: 'tool-calls', usage: k.usage },
        { provider: 'test', model: 'test-1', agent: 'agent', finishReason: 'stop', usage: k.usage },
      ],
      toolCalls: [
        {
          toolCallId: 'call_1',
          toolName: 'weather',
          arguments: { city: 'Bern' },
          round: 0,
          result: 'sunny in Bern',
          isError: false,
          durationMs: 4,
        },
        {
          toolCallId: 'call_2',
          toolName: 'weather',
          arguments: { city: 'Ulm' },
          round: 0,
          result: 'sunny in Ulm',
          isError: false,
          durationMs: 3,
        },
      ],
      finishReason: 'stop',
      usage: { inputTokens: 20, outputTokens: 10, totalTokens: 30 },
      billedUsage: { inputTokens: 20, outputTokens: 10, totalTokens: 30 },
      cost: 30,
      lastAgent: 'agent',
      durationMs: 9,
    });
  });

  it('emits with the end of the run', (m) => {
    const source = m.coldChunks('--a-fR|', {
      f: finish(),
      R: { type: 'run-finish', reason: 'stop', durationMs: 5, rounds: 1 },
    });
    const subs = '              ^-----!';

    m.expect(source.pipe(collectRun())).toBeObservable('------(r|)', {
      r: {
        text: 'a',
        messages: [],
        rounds: [{ provider: 'test', model: 'test-1', finishReason: 'stop' }],
        toolCalls: [],
        finishReason: 'stop',
        durationMs: 5,
      },
    });
    m.expect(source).toHaveSubscriptions(subs);
  });

  it('tells the finalOutput and, of a run that waits, the state', (m) => {
    const answered = agent({
      model: m.fakeModel(['-j|'], { values: { j: text('{"a":1}') } }),
      outputSchema: z.object({ a: z.number() }),
    });
    const waiting = agent({
      model: m.fakeModel(['-c|'], { values: { c: toolCall('add', { a: 1, b: 2 }) } }),
      tools: [{ ...add, approve: () => ['later'] }],
    });
    const results = [answered, waiting].map((one) => m.recordTimeline(streamOf(one)));
    m.flush();
    const [first, second] = results.map(({ chunks }) => firstOf(of(...chunks).pipe(collectRun())));

    expect(first).toMatchObject({ finalOutput: { a: 1 }, text: '{"a":1}' });
    expect(second).toMatchObject({
      finishReason: 'pause',
      state: { version: 1, waiting: [{ toolName: 'add' }] },
    });
    expect(second?.toolCalls).toEqual([
      { toolCallId: 'call_0', toolName: 'add', arguments: { a: 1, b: 2 }, round: 0 },
    ]);
  });

  it('keeps the calls of attempts that count, each with its own result', (m) => {
    const values = {
      x: toolCall('add', { a: 0, b: 0 }, 'x'),
      t: [...toolCall('add', { a: 1, b: 1 }, 'x'), ...toolCall('add', { a: 2, b: 2 }, 'x')],
    };
    const base = m.fakeModel(['-t|', '-x#', '-t|', '-o|'], { values });
    const model = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], afterTools: 'repeat' })));
    m.flush();

    const { toolCalls } = firstOf(of(...run.chunks).pipe(collectRun()));
    expect(toolCalls.map(({ round, result }) => [round, result])).toEqual([
      [0, 2],
      [0, 4],
      [1, 2],
      [1, 4],
    ]);
  });

  it('lists calls that are valid, those that the provider ran too', (m) => {
    const c: ChunkDraft[] = [
      { type: 'tool-call-start', toolName: 'search', toolCallId: 'x' },
      { type: 'tool-call', toolName: 'search', toolCallId: 'x', arguments: {}, providerExecuted: true },
      { type: 'tool-result', toolName: 'search', toolCallId: 'x', result: 'found', providerExecuted: true },
      { type: 'tool-call-start', toolName: 'add', toolCallId: 'y' },
      {
        type: 'tool-call-invalid',
        toolName: 'add',
        toolCallId: 'y',
        argumentsText: '',
        reason: 'incomplete',
      },
    ];
    const model = m.fakeModel(['-c|', '-o|'], { values: { c } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add] })));
    m.flush();

    expect(firstOf(of(...run.chunks).pipe(collectRun())).toolCalls).toEqual([
      {
        toolCallId: 'x',
        toolName: 'search',
        arguments: {},
        round: 0,
        result: 'found',
        isError: false,
        durationMs: 0,
      },
    ]);
  });

  it('fails for a run that was stopped, with what had come', (m) => {
    const model = m.fakeModel(['-a-b-c|']);
    const result = agent({ model })
      .stream('Hi', { interruptOn: m.cold('----x') })
      .pipe(collectRun());
    let error: unknown;
    result.subscribe({ error: (each: unknown) => (error = each) });
    m.flush();

    expect(error).toBeInstanceOf(StreamAbortedError);
    expect(error).toMatchObject({
      message: 'The run was stopped',
      provider: 'test',
      partial: { text: 'ab' },
    });
  });
});

describe('run of an agent', () => {
  const answering = () => syncModel(() => [text('Hello'), finish()]);

  plainIt('resolves with the result although nobody reads the stream', async () => {
    const later = tool({ ...add, execute: ({ a, b }) => Promise.resolve(a + b) });
    const model = syncModel((call) =>
      call === 1 ? [...toolCall('add', { a: 1, b: 2 }), finish()] : [text('3'), finish()],
    );

    await expect(agent({ model, tools: [later] }).run('Hi')).resolves.toMatchObject({
      text: '3',
      finishReason: 'stop',
    });
    expect(model.asked).toBe(2);
  });

  plainIt('makes one request where the result is awaited first and the stream read later', async () => {
    const model = answering();
    const run = agent({ model }).stream('Hi').pipe(shareRun());
    const { text: said } = await firstValueFrom(run.pipe(collectRun()));
    let shown = '';
    run.pipe(selectText()).subscribe((each) => (shown += each));

    expect([said, shown, model.asked]).toEqual(['Hello', 'Hello', 1]);
  });

  plainIt('rejects when the signal stops it, with what had come, and aborts the model', async () => {
    const controller = new AbortController();
    const left = vi.fn();
    const model = {
      ...answering(),
      stream: () => concat(of(...listChunks(text('Hel'))), NEVER).pipe(finalize(left)),
    };
    const result = agent({ model }).run('Hi', { signal: controller.signal });
    controller.abort();

    const error: unknown = await result.catch((each: unknown) => each);
    expect(error).toBeInstanceOf(StreamAbortedError);
    expect(error).toMatchObject({ partial: { text: 'Hel' } });
    expect(left).toHaveBeenCalledOnce();
  });

  plainIt('makes no request when the signal has fired', async () => {
    const model = answering();

    await expect(agent({ model }).run('Hi', { signal: AbortSignal.abort() })).rejects.toThrow(
      'The run was stopped',
    );
    expect(model.asked).toBe(0);
  });

  plainIt('rejects with what the run errors with, and takes options of a run', async () => {
    const error = new Error('down');
    const model = { ...answering(), stream: () => throwError(() => error) };
    await expect(agent({ model }).run([{ role: 'user', content: 'Hi' }])).rejects.toBe(error);

    const seen: unknown[] = [];
    const instructions = ({ context }: { context: unknown }) => String(seen.push(context));
    await agent({ model: answering(), instructions }).run('Hi', { context: 42 });
    expect(seen).toEqual([42]);
  });

  plainIt('rejects where an operator of the model stops the call', async () => {
    const model = pipeModel(
      answering(),
      interruptOn(({ type }) => type === 'text-delta'),
    );

    await expect(agent({ model }).run('Hi')).rejects.toMatchObject({ partial: { text: 'Hello' } });
  });

  plainIt('leaves no rejection that nobody handles, however it ends', async () => {
    const rejections = vi.fn();
    process.on('unhandledRejection', rejections);
    const rejecting = tool({ ...add, execute: () => Promise.reject(new Error('no')) });
    const model = () =>
      syncModel((call) =>
        call === 1 ? [...toolCall('add', { a: 1, b: 2 }), finish()] : [text('o'), finish()],
      );
    const seen: string[] = [];
    const stop = new Subject<void>();

    agent({ model: model(), tools: [rejecting] })
      .stream('Hi')
      .subscribe()
      .unsubscribe();
    agent({ model: model(), tools: [rejecting], prepareRound: () => Promise.reject(new Error('no')) })
      .stream('Hi', { interruptOn: stop })
      .subscribe({ next: ({ type }) => seen.push(type) });
    stop.next();
    agent({ model: model(), inputGuardrails: [() => Promise.reject(new Error('no'))] })
      .stream('Hi')
      .subscribe()
      .unsubscribe();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', rejections);

    expect(seen).toEqual(['run-finish']);
    expect(rejections).not.toHaveBeenCalled();
  });
});

function firstOf<T>(stream: Observable<T>): T {
  const values: T[] = [];
  stream.subscribe((value) => values.push(value));
  const [value] = values;
  if (value === undefined || values.length > 1) throw new Error(`${values.length} values`);
  return value;
}
