import { NEVER, of, take, throwError } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, finish, text, toolCall, toolProgress, toolResult } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { add, ask, endOf, faultsOf, messagesOf, outline, streamOf, syncModel, weather } from './runs.ts';

const empty = z.object({});
const failing = tool({
  name: 'failing',
  parameters: empty,
  execute: () => throwError(() => new Error('no')),
});

describe('agent', () => {
  it('starts tools while the model streams, and asks again with all results in the order of the calls', (m) => {
    const values = { i: text('I ask.'), b: ask('Berlin'), c: ask('Ulm'), d: text('Berlin.') };
    const model = m.fakeModel(['--i-b-c----|', '--d|'], { values });
    const expected = '          --I-b-c--uBM-D(E|)';

    m.expectChunks(streamOf(agent({ model, tools: [weather] }))).toBe(expected, {
      ...values,
      I: [start(1), values.i],
      u: [
        toolProgress('weather', 'sunny in Ulm', 'call_2'),
        toolResult('weather', 'sunny in Ulm', { toolCallId: 'call_2' }),
      ],
      B: [toolProgress('weather', 'sunny in Berlin'), toolResult('weather', 'sunny in Berlin')],
      M: [
        finish(),
        message(
          'assistant',
          { type: 'text', text: 'I ask.' },
          callOf('Berlin', 'call_1'),
          callOf('Ulm', 'call_2'),
        ),
        message('tool', resultOf('Berlin', 'call_1'), resultOf('Ulm', 'call_2')),
      ],
      D: [start(2), values.d],
      E: [
        finish(),
        message('assistant', { type: 'text', text: 'Berlin.' }),
        { type: 'run-finish', reason: 'stop', durationMs: 14, rounds: 2, lastAgent: 'agent' },
      ],
    });
    m.flush();
    expect(model.calls.map(({ subscribedFrame }) => subscribedFrame)).toEqual([0, 11]);
  });
});

describe('the rounds of an agent', () => {
  it('go on as long as tools are called, with the whole conversation', (m) => {
    const values = { u: ask('Ulm'), b: ask('Bern') };
    const model = m.fakeModel(['-u|', '-b|', '-o-k|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather], instructions: 'Be brief.' })));
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1, weather(Ulm)',
      '2: finish tool-calls, +assistant',
      '4: weather = sunny in Ulm, +tool',
      '5: agent 2, weather(Bern)',
      '6: finish tool-calls, +assistant',
      '9: weather = sunny in Bern, +tool',
      '10: agent 3, "o"',
      '12: "k"',
      '13: finish stop, +assistant, end stop, |',
    ]);
    expect(model.calls.map(({ request }) => request.messages.map(({ role }) => role).join(' '))).toEqual([
      'system user',
      'system user assistant tool',
      'system user assistant tool assistant tool',
    ]);
    expect(model.calls[2]?.request.messages.slice(2)).toEqual(messagesOf(run.chunks).slice(0, 4));
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('keep thinking and its signature in the messages', (m) => {
    const t: ChunkDraft[] = [
      { type: 'thinking-delta', text: 'hm', kind: 'thinking' },
      { type: 'thinking-signature', format: 'test', data: 'x' },
    ];
    const model = m.fakeModel(['-t-c|', '-o|'], { values: { t, c: ask('Ulm') } });
    m.recordTimeline(streamOf(agent({ model, tools: [weather] })));
    m.flush();

    expect(model.calls[1]?.request.messages[1]).toMatchObject({
      content: [
        { type: 'thinking', text: 'hm', signature: { format: 'test', data: 'x' } },
        { type: 'tool-call' },
      ],
    });
  });

  it('resume what the provider has paused', (m) => {
    const model = m.fakeModel(['-a-f|', '-b|'], { values: { f: finish('pause') } });
    const run = m.recordTimeline(streamOf(agent({ model })));
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1, "a"',
      '3: finish pause, +assistant',
      '5: agent 2, "b"',
      '6: finish stop, +assistant, end stop, |',
    ]);
    expect(model.calls[1]?.request.messages).toHaveLength(2);
  });

  it('do not run nor answer what the provider runs itself', (m) => {
    const c: ChunkDraft[] = [
      { type: 'tool-call-start', toolName: 'search', toolCallId: 'x' },
      { type: 'tool-call', toolName: 'search', toolCallId: 'x', arguments: {}, providerExecuted: true },
      { type: 'tool-result', toolName: 'search', toolCallId: 'x', result: 1, providerExecuted: true },
    ];
    const model = m.fakeModel(['-co-f|'], { values: { c, f: finish('stop') } });
    const run = m.recordTimeline(streamOf(agent({ model })));
    m.flush();

    expect(outline(run).at(-1)).toBe('5: end stop, |');
    expect(model.calls).toHaveLength(1);
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('add no message where the model said nothing', (m) => {
    const model = m.fakeModel(['--f|'], { values: { f: [{ type: 'start' }, finish('stop')] } });
    const run = m.recordTimeline(streamOf(agent({ model })));
    m.flush();

    expect(outline(run)).toEqual(['2: agent 1, finish stop', '3: end stop, |']);
  });

  it('begin with the messages that are given', (m) => {
    const model = m.fakeModel(['o|']);
    const messages = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'Bye' },
    ] as const;
    m.recordTimeline(agent({ model }).stream(messages));
    m.flush();

    expect(model.calls[0]?.request.messages).toEqual(messages);
  });

  it('fail where the input is none', (m) => {
    const run = m.recordTimeline(agent({ model: m.fakeModel([]) }).stream([]));
    m.flush();

    expect(outline(run)).toEqual([
      '0: # InvalidRequestError: The request needs messages: a non-empty array, or a string instead of the request',
    ]);
  });

  it('are those of one subscription: another one begins anew', (m) => {
    const model = m.fakeModel(['-u|', '-o|', '-u|', '-o|'], { values: { u: ask('Ulm') } });
    const stream = streamOf(agent({ model, tools: [weather] }));
    const runs = [m.recordTimeline(stream), m.recordTimeline(stream, '20ms ^')];
    m.flush();

    const [one, other] = runs.map(({ chunks }) => chunks);
    expect(one).toEqual(other);
    expect(model.calls.map(({ request }) => request.messages.length)).toEqual([1, 3, 1, 3]);
  });
});

describe('the tools of an agent', () => {
  it('run one after the other with concurrency 1, two at a time with 2', (m) => {
    const results = [1, 2, Infinity].map((concurrency) => {
      const model = m.fakeModel(['c|', '-o|'], { values: { c: ask('Bern', 'Ulm', 'Oslo') } });
      return m.recordTimeline(streamOf(agent({ model, tools: [weather], concurrency })));
    });
    m.flush();

    expect(results.map((run) => outline(run).filter((line) => line.includes('=')))).toEqual([
      ['4: weather = sunny in Bern', '7: weather = sunny in Ulm', '11: weather = sunny in Oslo, +tool'],
      ['3: weather = sunny in Ulm', '4: weather = sunny in Bern', '7: weather = sunny in Oslo, +tool'],
      ['3: weather = sunny in Ulm', '4: weather = sunny in Bern, weather = sunny in Oslo, +tool'],
    ]);
  });

  it('run as often at a time as each allows, and let others pass meanwhile', (m) => {
    const values = { c: [...ask('Bern', 'Ulm'), ...toolCall('add', { a: 1, b: 2 })] };
    const model = m.fakeModel(['c|', '-o|'], { values });
    const tools = [{ ...weather, concurrency: 1 }, add];
    const run = m.recordTimeline(streamOf(agent({ model, tools, concurrency: 2 })));
    m.flush();

    expect(outline(run).slice(0, 3)).toEqual([
      '0: agent 1, weather(Bern), weather(Ulm), add(1,2), add = 3',
      '1: finish tool-calls, +assistant',
      '4: weather = sunny in Bern',
    ]);
    expect(outline(run)[3]).toBe('7: weather = sunny in Ulm, +tool');
  });

  it('start when the model has finished with startTools finished', (m) => {
    const model = m.fakeModel(['c---|', '-o|'], { values: { c: ask('Ulm') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather], startTools: 'finished' })));
    m.flush();

    expect(outline(run).slice(0, 3)).toEqual([
      '0: agent 1, weather(Ulm)',
      '4: finish tool-calls, +assistant',
      '7: weather = sunny in Ulm, +tool',
    ]);
  });

  it('run again where they failed and have a retry', (m) => {
    let attempts = 0;
    const flaky = tool({
      name: 'flaky',
      parameters: empty,
      retry: { count: 2, delay: 3 },
      execute: () => (++attempts < 3 ? throwError(() => new Error('down')) : of('up')),
    });
    const model = m.fakeModel(['c|', '-o|'], { values: { c: toolCall('flaky') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [flaky] })));
    m.flush();

    expect(outline(run)[2]).toBe('6: flaky = up, +tool');
  });

  it('are aborted after toolTimeout, or after their own', (m) => {
    const endless = { name: 'endless', parameters: empty, execute: () => NEVER };
    const values = { c: [...toolCall('endless'), ...toolCall('shorter')] };
    const model = m.fakeModel(['c|', '-o|'], { values });
    const tools = [endless, { ...endless, name: 'shorter', timeout: 2 }];
    const run = m.recordTimeline(streamOf(agent({ model, tools, toolTimeout: 5 })));
    m.flush();

    expect(outline(run).slice(2, 4)).toEqual([
      '2: shorter ! The tool "shorter" did not answer within 2 ms.',
      '5: endless ! The tool "endless" did not answer within 5 ms., +tool',
    ]);
  });

  it('tell progress, and have what they are told of the run', (m) => {
    const seen: unknown[] = [];
    const steps = tool({
      name: 'steps',
      parameters: empty,
      execute: (_, { messages, context }) => {
        seen.push(messages, context);
        return m.cold('-p-q-|', { p: 'half', q: 'whole' });
      },
    });
    const model = m.fakeModel(['c|', '-o|'], { values: { c: toolCall('steps') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [steps] }), { context: 42 }));
    m.flush();

    expect(seen).toEqual([[{ role: 'user', content: 'Hi' }], 42]);
    expect(run.chunks.flatMap((chunk) => (chunk.type === 'tool-progress' ? [chunk.value] : []))).toEqual([
      'half',
      'whole',
    ]);
    expect(outline(run)[2]).toBe('5: steps = whole, +tool');
  });

  it('have an id each, where the calls of an answer share one', (m) => {
    const shared = ['Bern', 'Ulm'].flatMap((city) => toolCall('weather', { city }, 'x'));
    const cut: ChunkDraft[] = [
      { type: 'tool-call-start', toolName: 'weather', toolCallId: 'x_1' },
      {
        type: 'tool-call-invalid',
        toolName: 'weather',
        toolCallId: 'x_1',
        argumentsText: '',
        reason: 'incomplete',
      },
    ];
    const values = { t: [...shared, ...cut], c: toolCall('weather', { city: 'Rom' }, 'x') };
    const model = m.fakeModel(['t|', 'c|', 'o|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather] })));
    m.flush();
    const answers = messagesOf(run.chunks).flatMap(({ role, content }) =>
      role === 'tool' ? content.map(({ toolCallId, result }) => `${toolCallId} ${String(result)}`) : [],
    );

    expect(answers).toEqual([
      'x sunny in Bern',
      'x_1 sunny in Ulm',
      'x_1_2 The tool was not run: its arguments were cut off before they were complete.',
      'x sunny in Rom',
    ]);
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('are told from what the provider runs under the same id', (m) => {
    const search = { toolName: 'search', toolCallId: 'x' };
    const c: ChunkDraft[] = [
      ...toolCall('add', { a: 1, b: 2 }, 'x'),
      { type: 'tool-call-start', ...search },
      { type: 'tool-call', ...search, arguments: {}, providerExecuted: true },
      { type: 'tool-result', ...search, result: 'found', providerExecuted: true },
    ];
    const model = m.fakeModel(['-c|', '-o|'], { values: { c } });
    const run = m.recordTimeline(agent({ model, tools: [add] }).stream('Hi'));
    m.flush();

    expect(messagesOf(run.chunks)[1]).toMatchObject({
      role: 'tool',
      content: [{ toolCallId: 'x', result: 3 }],
    });
  });

  it('may tell anything as progress', (m) => {
    const telling = tool({
      name: 'telling',
      parameters: empty,
      execute: () => of(null, 'text', 5, { type: 1 }),
    });
    const model = m.fakeModel(['-c|', '-o|'], { values: { c: toolCall('telling') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [telling] })));
    m.flush();

    expect(endOf(run.chunks).reason).toBe('stop');
  });

  it('have the ids of the call that counts, where one was repeated', (m) => {
    const one = toolCall('weather', { city: 'Rom' }, 'x');
    const values = { c: [...one, ...one], d: [...one, ...toolCall('weather', { city: 'Ulm' }, 'y')] };
    const base = m.fakeModel(['c#', 'd|', '-o|'], { values });
    const model = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather], afterTools: 'repeat' })));
    m.flush();

    expect(run.toolCalls.map(({ toolCallId }) => toolCallId)).toEqual(['x', 'x_1', 'x', 'y']);
  });
});

describe('an agent whose model fails', () => {
  it('fails with the same error in each round', (m) => {
    const error = new Error('broken');
    const values = { c: ask('Ulm') };
    const first = m.recordTimeline(streamOf(agent({ model: m.fakeModel(['-a#'], { error }) })));
    const second = m.recordTimeline(
      streamOf(agent({ model: m.fakeModel(['c|', '-a#'], { values, error }), tools: [weather] })),
    );
    m.flush();

    expect(first.error).toBe(error);
    expect(outline(first)).toEqual(['1: agent 1, "a"', '2: # Error: broken']);
    expect(second.error).toBe(error);
    expect(outline(second).slice(-2)).toEqual(['4: agent 2, "a"', '5: # Error: broken']);
  });

  it('fails where the model tells of the error in a chunk', (m) => {
    const error = { name: 'ProviderError', message: 'busy', retryable: true, status: 529 };
    const model = m.fakeModel(['-ae'], { values: { e: { type: 'error', error } } });
    const run = m.recordTimeline(streamOf(agent({ model })));
    m.flush();

    expect(outline(run)).toEqual(['1: agent 1, "a"', '2: # ProviderError: busy']);
    expect(run.error).toMatchObject({ status: 529, partial: { text: 'a' } });
  });

  it('aborts its tools', (m) => {
    const signals: AbortSignal[] = [];
    const endless = tool({
      name: 'endless',
      parameters: empty,
      execute: (_, { signal }) => {
        signals.push(signal);
        return NEVER;
      },
    });
    const model = m.fakeModel(['-c-#'], { values: { c: toolCall('endless') } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [endless] })));
    m.flush();

    expect(outline(run).at(-1)).toBe('3: # StreamInterruptedError: The stream broke off');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it('repeats a call of which no tool has run, and no other round', (m) => {
    const base = m.fakeModel(['c|', '-a#', '-b|'], { values: { c: ask('Ulm') } });
    const model = pipeModel(base, retryStream({ delay: 4, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [weather] })));
    m.flush();

    expect(outline(run).slice(2)).toEqual([
      '3: weather = sunny in Ulm, +tool',
      '4: agent 2, "a"',
      '5: restart 2',
      '8: agent 2, "b"',
      '9: finish stop, +assistant, end stop, |',
    ]);
    expect(endOf(run.chunks).rounds).toBe(2);
  });

  it('fails rather than repeat a call of which a tool has run', (m) => {
    const base = m.fakeModel(['-ac#', '-b|'], { values: { c: toolCall('add', { a: 1, b: 2 }) } });
    const model = pipeModel(base, retryStream({ delay: 4, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add] })));
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1, "a"',
      '2: add(1,2), add = 3',
      '3: # StreamInterruptedError: The stream broke off',
    ]);
    expect(run.error).toMatchObject({
      retryable: true,
      partial: { text: 'a', toolCalls: [{ toolName: 'add' }] },
    });
    expect(base.calls).toHaveLength(1);
  });

  it('repeats it, and the tool too, with afterTools repeat', (m) => {
    const base = m.fakeModel(['-ac#', '-c|', 'o|'], { values: { c: toolCall('add', { a: 1, b: 2 }) } });
    const model = pipeModel(base, retryStream({ delay: 4, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], afterTools: 'repeat' })));
    m.flush();

    expect(outline(run).slice(2)).toEqual([
      '3: restart 2',
      '6: agent 1, add(1,2), add = 3',
      '7: finish tool-calls, +assistant, +tool, agent 2, "o"',
      '8: finish stop, +assistant, end stop, |',
    ]);
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('repeats it with startTools finished: then no tool has run', (m) => {
    const base = m.fakeModel(['-ac#', '-c|', 'o|'], { values: { c: toolCall('add', { a: 1, b: 2 }) } });
    const model = pipeModel(base, retryStream({ delay: 4, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], startTools: 'finished' })));
    m.flush();

    expect(outline(run).slice(2, 5)).toEqual([
      '3: restart 2',
      '6: agent 1, add(1,2)',
      '7: finish tool-calls, +assistant, add = 3, +tool, agent 2, "o"',
    ]);
  });
});

describe('prepareRound', () => {
  it('may say with null that nothing is different', (m) => {
    const model = m.fakeModel(['-o|']);
    const run = m.recordTimeline(streamOf(agent({ model, prepareRound: () => null as never })));
    m.flush();

    expect(endOf(run.chunks).reason).toBe('stop');
  });
});

describe('an agent without a clock', () => {
  plainIt('runs thousands of rounds that are synchronous', () => {
    const model = syncModel((round) =>
      round < 2_000 ? [...toolCall('add', { a: 1, b: round }), finish()] : [text('o'), finish()],
    );
    const complete = vi.fn();
    let ends = 0;
    agent({ model, tools: [add], stopWhen: [] })
      .stream('Hi')
      .subscribe({ next: ({ type }) => (ends += type === 'run-finish' ? 1 : 0), complete });

    expect(model.asked).toBe(2_000);
    expect(ends).toBe(1);
    expect(complete).toHaveBeenCalledOnce();
  });

  plainIt('asks no further when unsubscribed from within a chunk', () => {
    const model = syncModel(() => [...toolCall('add', { a: 1, b: 1 }), finish()]);
    agent({ model, tools: [add], stopWhen: [] })
      .stream('Hi')
      .pipe(take(30))
      .subscribe();

    expect(model.asked).toBeLessThan(6);
  });

  plainIt('takes Promises of tools', async () => {
    const model = syncModel((round) =>
      round === 1 ? [...toolCall('later'), finish()] : [text('o'), finish()],
    );
    const later = tool({ name: 'later', parameters: empty, execute: () => Promise.resolve('done') });
    const { toolCalls } = await agent({ model, tools: [later] }).run('Hi');

    expect(toolCalls).toMatchObject([{ toolName: 'later', result: 'done', isError: false }]);
  });
});

describe('agent options', () => {
  plainIt('throw where they are wrong', () => {
    const model = syncModel(() => []);
    const wrong = (options: object, words: string) =>
      expect(() => agent({ model, ...options })).toThrow(words);

    wrong({ model: undefined }, 'agent: model must be a LanguageModel, not undefined');
    wrong({ tools: [add, add] }, 'agent: two tools have the name add');
    wrong({ repairs: 0.5 }, 'agent: repairs must be');
    wrong({ concurrency: 0 }, 'agent: concurrency must be');
    wrong({ toolTimeout: 0 }, 'agent: toolTimeout must be');
    wrong({ afterTools: 'stop' }, 'agent: afterTools must be');
    wrong({ startTools: 'soon' }, 'agent: startTools must be');
    wrong({ price: { input: 1 } }, 'agent: price.output must be given');
    wrong({ outputSchema: {} }, 'agent: schema must be');
    wrong({ stateSecret: '' }, 'agent: stateSecret must not be empty');
    wrong({ name: '' }, 'agent: name must not be empty');
    wrong({ stopWhen: 5 }, 'agent: stopWhen must be a function or a list of functions, not 5');
    wrong({ stopWhen: [() => true, null] }, 'agent: stopWhen must be a function or a list of functions');
    wrong({ tools: add }, 'agent: tools must be an array, not object');
    wrong({ tools: ['add'] }, 'agent: a tool must be an object, not string');
    wrong({ tools: [{ ...add, name: 'a b' }] }, 'agent: the name of a tool must be 1 to 64 letters');
    wrong({ tools: [{ ...add, execute: undefined }] }, 'agent: execute of add must be a function');
    expect(() => agent(undefined as never)).toThrow('agent: options must be an object, not undefined');
    expect(failing.name).toBe('failing');
  });
});

function start(round: number): ChunkDraft {
  return { type: 'start', agent: 'agent', round };
}

function message(role: 'assistant' | 'tool', ...content: readonly object[]): ChunkDraft {
  return { type: 'message', message: { role, content } } as ChunkDraft;
}

function callOf(city: string, toolCallId: string): object {
  return { type: 'tool-call', toolCallId, toolName: 'weather', arguments: { city } };
}

function resultOf(city: string, toolCallId: string): object {
  return { type: 'tool-result', toolCallId, toolName: 'weather', result: `sunny in ${city}`, isError: false };
}
