import { EMPTY, of, throwError } from 'rxjs';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { AgentOptions } from '../../agents/contract.ts';
import type { RunProgress } from '../../agents/stopConditions.ts';
import type { ChunkOf, StreamChunk } from '../../src/chunk.ts';
import { StructuredOutputError } from '../../src/errors.ts';
import { tool } from '../../src/tool.ts';
import { type ChunkDraft, finish, text, toolCall, usage } from '../../testing/index.ts';
import { it, type Marbles } from '../marbles.ts';
import { add, endOf, faultsOf, messagesOf, outline, resultsOf, streamOf, wait, weather } from './runs.ts';

const sum = toolCall('add', { a: 1, b: 2 });

/** Two rounds, of which the first calls `add`: the requests and the run. */
function twoRounds<Context>(m: Marbles, options: Partial<AgentOptions<Context>>, context?: Context) {
  const model = m.fakeModel(['-c|', '-o|'], { values: { c: sum } });
  const run = m.recordTimeline(
    streamOf(agent<Context>({ model, tools: [add], ...options }), context === undefined ? {} : { context }),
  );
  m.flush();
  return { run, requests: model.calls.map(({ request }) => request) };
}

describe('prepareRound', () => {
  it('changes model, tools, messages, instructions and settings of one round', (m) => {
    const other = m.fakeModel(['-p|'], { model: 'other', values: { p: text('p') } });
    const messages = [{ role: 'user', content: 'Short' }] as const;
    const { run, requests } = twoRounds(m, {
      instructions: 'Be brief.',
      temperature: 1,
      prepareRound: ({ rounds }) =>
        rounds === 0
          ? undefined
          : {
              model: other,
              tools: [weather],
              messages,
              instructions: 'Be long.',
              temperature: 0,
              toolChoice: 'none',
            },
    });

    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      temperature: 1,
      messages: [{ content: 'Be brief.' }, { content: 'Hi' }],
    });
    expect(requests[0]?.tools?.map(({ name }) => name)).toEqual(['add']);
    expect(other.calls[0]?.request).toMatchObject({ temperature: 0, toolChoice: 'none' });
    expect(other.calls[0]?.request.messages).toEqual([{ role: 'system', content: 'Be long.' }, ...messages]);
    expect(other.calls[0]?.request.tools?.map(({ name }) => name)).toEqual(['weather']);
    expect(run.chunks.flatMap((chunk) => (chunk.type === 'start' ? [chunk.model] : []))).toEqual([
      'test-1',
      'other',
    ]);
  });

  it('leaves the conversation as it is where it sends other messages', (m) => {
    const { run } = twoRounds(m, {
      prepareRound: () => ({ messages: [{ role: 'user', content: 'Other' }] }),
    });

    expect(messagesOf(run.chunks).map(({ role }) => role)).toEqual(['assistant', 'tool', 'assistant']);
  });

  it('is told how far the run has come', (m) => {
    const seen: RunProgress[] = [];
    const { run } = twoRounds(m, {
      prepareRound: (progress) => {
        seen.push(progress);
        return undefined;
      },
    });

    const messages = [{ role: 'user', content: 'Hi' }, ...messagesOf(run.chunks).slice(0, 2)];
    expect(seen).toEqual([
      { agent: 'agent', rounds: 0, messages: messages.slice(0, 1), toolCalls: [], context: undefined },
      {
        agent: 'agent',
        rounds: 1,
        messages,
        toolCalls: [{ type: 'tool-call', toolCallId: 'call_0', toolName: 'add', arguments: { a: 1, b: 2 } }],
        context: undefined,
      },
    ]);
  });

  it('may be an Observable: the first emission counts, none changes nothing', (m) => {
    const later = twoRounds(m, { prepareRound: () => wait(5, { temperature: 0.5 }) });

    expect(outline(later.run)[0]).toBe('6: agent 1, add(1,2), add = 3');
    expect(later.requests.map(({ temperature }) => temperature)).toEqual([0.5, 0.5]);
  });

  it('may be an Observable without an emission, which changes nothing', (m) => {
    const { run, requests } = twoRounds(m, { prepareRound: () => EMPTY });

    expect(endOf(run.chunks)).toMatchObject({ reason: 'stop', rounds: 2 });
    expect(requests).toHaveLength(2);
  });

  it('fails the run where it fails', (m) => {
    const thrown = m.recordTimeline(
      streamOf(
        agent({
          model: m.fakeModel([]),
          prepareRound: () => {
            throw new Error('thrown');
          },
        }),
      ),
    );
    const failed = m.recordTimeline(
      streamOf(agent({ model: m.fakeModel([]), prepareRound: () => throwError(() => new Error('failed')) })),
    );
    m.flush();

    expect([outline(thrown), outline(failed)]).toEqual([['0: # Error: thrown'], ['0: # Error: failed']]);
  });
});

describe('the requests of an agent', () => {
  it('have the settings of the agent, over them those of the run', (m) => {
    const model = m.fakeModel(['-o|']);
    const settings = { maxTokens: 9, seed: 1, providerOptions: { a: 1 }, thinkingEffort: 'low' } as const;
    m.recordTimeline(
      agent({ model, ...settings, stream: true }).stream('Hi', { stream: false, includeRaw: true }),
    );
    m.flush();

    expect(model.calls[0]?.request).toEqual({
      ...settings,
      stream: false,
      includeRaw: true,
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });

  it('force a tool in the first round only', (m) => {
    for (const toolChoice of ['required', { toolName: 'add' }] as const) {
      const { requests } = twoRounds(m, { toolChoice });
      expect(requests.map((request) => request.toolChoice)).toEqual([toolChoice, undefined]);
    }
    const { requests } = twoRounds(m, { toolChoice: 'auto' });
    expect(requests.map((request) => request.toolChoice)).toEqual(['auto', 'auto']);
  });

  it('force one in a later round where prepareRound says so', (m) => {
    const { requests } = twoRounds(m, { prepareRound: () => ({ toolChoice: 'required' }) });
    expect(requests.map((request) => request.toolChoice)).toEqual(['required', 'required']);
  });

  it('have no choice of tools where there are none', (m) => {
    const model = m.fakeModel(['-o|']);
    m.recordTimeline(agent({ model, toolChoice: 'required' }).stream('Hi'));
    m.flush();

    expect(model.calls[0]?.request).toEqual({ messages: [{ role: 'user', content: 'Hi' }] });
  });

  it('have instructions that are made anew for each round', (m) => {
    const { requests } = twoRounds<{ user: string }>(
      m,
      { instructions: ({ rounds, context }) => `Round ${rounds} of ${context.user}` },
      { user: 'Ann' },
    );
    expect(requests.map(({ messages }) => messages[0]?.content)).toEqual([
      'Round 0 of Ann',
      'Round 1 of Ann',
    ]);
  });
});

describe('the repairs of an agent', () => {
  const invalid = (reason: 'incomplete' | 'invalid-json'): ChunkDraft[] => [
    { type: 'tool-call-start', toolName: 'add' },
    { type: 'tool-call-delta', argumentsDelta: '{"a":' },
    { type: 'tool-call-invalid', toolName: 'add', argumentsText: '{"a":', reason },
  ];
  const broken = tool({
    name: 'broken',
    parameters: z.object({}),
    execute: () => throwError(() => new Error('no')),
  });
  const repaired = (m: Marbles, bad: readonly ChunkDraft[], repairs?: number, end?: 'length') => {
    const values = { b: bad, f: end ? finish(end) : [] };
    const model = m.fakeModel((_, call) => (call < 9 ? '-b-f|' : '-o|'), { values });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [add, broken], ...(repairs !== undefined && { repairs }) })),
    );
    m.flush();
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
    return {
      rounds: endOf(run.chunks).rounds,
      reason: endOf(run.chunks).reason,
      answers: resultsOf(run.chunks)[0],
    };
  };

  it('are three by default, whatever is wrong with the calls', (m) => {
    expect(repaired(m, invalid('invalid-json'))).toEqual({
      rounds: 4,
      reason: 'tool-calls',
      answers: 'The tool was not run: its arguments are not valid JSON.',
    });
    expect(repaired(m, invalid('incomplete'), undefined, 'length')).toMatchObject({
      rounds: 4,
      reason: 'length',
    });
    expect(repaired(m, toolCall('unknown'))).toMatchObject({ rounds: 4 });
    expect(repaired(m, toolCall('add', { a: 'x' }))).toMatchObject({ rounds: 4 });
    expect(repaired(m, toolCall('broken'))).toMatchObject({ rounds: 4 });
  });

  it('are as many as the option says', (m) => {
    expect(repaired(m, toolCall('unknown'), 0)).toMatchObject({ rounds: 1 });
    expect(repaired(m, toolCall('unknown'), 6)).toMatchObject({ rounds: 7 });
    expect(repaired(m, toolCall('unknown'), Infinity)).toMatchObject({ rounds: 9, reason: 'stop' });
  });

  it('are counted in a row, and only where all calls of a round failed', (m) => {
    const values = { b: toolCall('unknown'), h: [...toolCall('unknown'), ...sum] };
    const model = m.fakeModel(['b|', 'h|', 'b|', 'h|', 'o|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], repairs: 1 })));
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({ rounds: 5, reason: 'stop' });
  });
});

describe('the three modes of an agent', () => {
  const ofType = <T extends StreamChunk['type']>(chunks: readonly StreamChunk[], type: T) =>
    chunks.filter((chunk): chunk is ChunkOf<T> => chunk.type === type);

  it("are chunks, the provider's own events beside them, and one answer at once", (m) => {
    const r = (event: string): ChunkDraft => ({ type: 'raw', event });
    const values = {
      s: { type: 'start' } as const,
      r: r('1'),
      c: sum,
      q: r('2'),
      k: usage({ inputTokens: 1 }),
    };
    const streamed = m.fakeModel(['-src|', '-sqo|'], { values });
    const plain = m.fakeModel(['---(skc|)', '---o|'], { values });
    const raw = m.recordTimeline(streamOf(agent({ model: streamed, tools: [add], includeRaw: true })));
    const once = m.recordTimeline(streamOf(agent({ model: plain, tools: [add] }), { stream: false }));
    m.flush();

    expect(ofType(raw.chunks, 'raw').map(({ event }) => event)).toEqual(['1', '2']);
    expect(resultsOf(raw.chunks)).toEqual([3]);
    expect(streamed.calls.map(({ request }) => request.includeRaw)).toEqual([true, true]);
    expect(messagesOf(once.chunks)).toEqual(messagesOf(raw.chunks));
    expect(plain.calls.map(({ request }) => request.stream)).toEqual([false, false]);
  });
});

describe('the outputSchema of an agent', () => {
  const outputSchema = z.object({ city: z.string() });
  const answered = (m: Marbles, answer: string, first = sum) => {
    const values = { c: first, j: text(answer) };
    const model = m.fakeModel(['-tc|', '-j|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], outputSchema })));
    m.flush();
    return { run, model };
  };

  it('makes the finalOutput of the last answer, and goes with each request', (m) => {
    const { run, model } = answered(m, '{"city":"Bern"}');

    expect(endOf(run.chunks).finalOutput).toEqual({ city: 'Bern' });
    expect(model.calls.map(({ request }) => request.outputSchema)).toEqual([outputSchema, outputSchema]);
  });

  it('fails where the answer does not fit', (m) => {
    const { run } = answered(m, '{"city":1}');

    expect(run.error).toBeInstanceOf(StructuredOutputError);
    expect(run.error).toMatchObject({ path: ['city'], partial: { text: '{"city":1}' } });
    expect(outline(run).slice(-2)).toEqual([
      '4: agent 2, "{"city":1}"',
      expect.stringContaining('5: finish stop, # StructuredOutputError'),
    ]);
  });

  it('has no output where the run is stopped before the answer', (m) => {
    const model = m.fakeModel(['-c|'], { values: { c: sum } });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [add], outputSchema, stopWhen: () => true })),
    );
    m.flush();

    expect(endOf(run.chunks)).toEqual({
      type: 'run-finish',
      reason: 'limit',
      durationMs: 2,
      rounds: 1,
      lastAgent: 'agent',
    });
  });
});

describe('the context of an agent', () => {
  it("is the caller's own value for tools, gates, conditions and guardrails", (m) => {
    const context = { user: 'Ann' };
    const seen: unknown[] = [];
    const see = (value: unknown) => seen.push(value === context);
    const watched = { ...add, execute: (_: unknown, given: { context: unknown }) => see(given.context) };
    twoRounds(
      m,
      {
        tools: [watched],
        instructions: (progress) => String(see(progress.context)),
        stopWhen: (progress) => see(progress.context) < 0,
        prepareRound: (progress) => of({ seed: see(progress.context) }),
        inputGuardrails: [(progress) => (see(progress.context), EMPTY)],
        outputGuardrails: [(_, given) => (see(given), EMPTY)],
      },
      context,
    );

    expect(seen).toEqual(Array(8).fill(true));
  });
});
