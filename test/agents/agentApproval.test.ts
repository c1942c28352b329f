import { concat, NEVER, of } from 'rxjs';
import { describe, expect, vi } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { Agent, AgentOptions, ApprovalDecisions } from '../../agents/contract.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';
import { type ApprovalGate, tool } from '../../src/tool.ts';
import { type ChunkDraft, type FakeModel, toolCall, usage } from '../../testing/index.ts';
import { it, type Marbles } from '../marbles.ts';
import { endOf, faultsOf, messagesOf, outline, resultsOf, stateOf, streamOf, wait } from './runs.ts';

const amount = z.object({ amount: z.number() });
const pay = tool({ name: 'pay', parameters: amount, execute: (args) => wait(2, `paid ${args.amount}`) });
const refund = tool({ name: 'refund', parameters: amount, execute: (args) => `refunded ${args.amount}` });
const tools = [pay, refund];
const later: ApprovalGate = () => ['later'];
const payment = (...amounts: number[]) => amounts.flatMap((each) => toolCall('pay', { amount: each }));

/** A run that calls `pay` for 9, under a gate. */
function asked(m: Marbles, approve: ApprovalGate, calls: readonly ChunkDraft[] = payment(9)) {
  const model = m.fakeModel(['-c|', '-o|'], { values: { c: calls } });
  const run = m.recordTimeline(streamOf(agent({ model, tools, approve })));
  m.flush();
  return run;
}

describe('the approval of an agent', () => {
  it('is waited for', (m) => {
    expect(outline(asked(m, () => wait(5, true)))).toEqual([
      '1: agent 1, pay(9), may pay?',
      '2: finish tool-calls, +assistant',
      '8: pay = paid 9, +tool',
      '9: agent 2, "o"',
      '10: finish stop, +assistant, end stop, |',
    ]);
  });

  it('may be denied for a reason, which the model is told', (m) => {
    const run = asked(m, () => [{ approved: false, reason: 'too dear' }]);

    expect(resultsOf(run.chunks)).toEqual(['The call was denied: too dear']);
    expect(outline(run).at(-1)).toContain('end stop');
  });

  it('may change the arguments', (m) => {
    const run = asked(m, () => [{ approved: true, arguments: { amount: 1 } }]);

    expect(resultsOf(run.chunks)).toEqual(['paid 1']);
  });

  it('may be given for all further calls of the tool, of the same round too', (m) => {
    const approve = vi.fn<ApprovalGate>(() => of({ approved: true, always: true }));
    const calls = [...payment(1, 2), ...toolCall('refund', { amount: 3 })];
    const model = m.fakeModel(['-c|', '-p|', '-o|'], { values: { c: calls, p: payment(4) } });
    const run = m.recordTimeline(streamOf(agent({ model, tools, approve })));
    m.flush();

    expect(approve.mock.calls.map(([{ toolName, arguments: args }]) => [toolName, args])).toEqual([
      ['pay', { amount: 1 }],
      ['refund', { amount: 3 }],
    ]);
    expect(outline(run)[0]).toBe(
      '1: agent 1, pay(1), may pay?, pay(2), refund(3), may refund?, refund = refunded 3',
    );
    expect(resultsOf(run.chunks)).toEqual(['refunded 3', 'paid 1', 'paid 2', 'paid 4']);
  });

  it('is for all of one run, not of the next', (m) => {
    const approve = vi.fn<ApprovalGate>(() => of({ approved: true, always: true }));
    const model = m.fakeModel(['-c|', '-o|', '-c|', '-o|'], { values: { c: payment(9) } });
    const stream = streamOf(agent({ model, tools, approve }));
    m.recordTimeline(concat(stream, stream));
    m.flush();

    expect(approve).toHaveBeenCalledTimes(2);
  });

  it('is for the tool of one agent, not for one of the same name', (m) => {
    const approve = vi.fn<ApprovalGate>(() => [{ approved: true, always: true }]);
    const values = { c: [...payment(1), ...toolCall('transfer_to_other')], p: payment(2) };
    const model = m.fakeModel(['-c|', '-p|', '-o|'], { values });
    const other = agent({ name: 'other', model, tools: [pay], approve });
    m.recordTimeline(streamOf(agent({ model, tools: [pay], approve, handoffs: [other] })));
    m.flush();

    expect(approve).toHaveBeenCalledTimes(2);
  });

  it("is not asked for handoffs, and a tool's own gate is preferred", (m) => {
    const model = m.fakeModel(['-c|', '-o|'], {
      values: { c: [...toolCall('transfer_to_other'), ...payment(9)] },
    });
    const own = { ...pay, approve: () => of(true) };
    const options = {
      model,
      tools: [own],
      handoffs: [agent({ name: 'other', model })],
      approve: () => NEVER,
    };
    const run = m.recordTimeline(streamOf(agent(options)));
    m.flush();

    expect(outline(run)[0]).toBe(
      '1: agent 1, transfer_to_other(), transfer_to_other = other takes over., pay(9), may pay?',
    );
    expect(outline(run).at(-1)).toContain('end stop');
  });
});

describe('a gate that answers without a stream', () => {
  const answers = {
    yes: [true, 'pay = paid 9'],
    no: [false, 'pay ! The call was denied.'],
    'a decision': [{ approved: true, arguments: { amount: 5 } }, 'pay = paid 5'],
    later: ['later', 'end pause'],
  } as const;
  for (const [name, [answer, words]] of Object.entries(answers)) {
    it(`is understood: ${name}`, (m) => {
      expect(outline(asked(m, () => answer as never)).join()).toContain(words);
    });
  }
});

describe('a run that waits for approval', () => {
  const k = usage({ inputTokens: 10, outputTokens: 5 });
  const calls = [...payment(1), ...toolCall('refund', { amount: 2 }), ...payment(3)];
  const price = { input: 100_000, output: 200_000 };

  /** The state of a run in which both payments wait and the refund is made, as it comes out of a store. */
  function paused(m: Marbles, options: Partial<AgentOptions> = {}) {
    const model = m.fakeModel(['-kc|'], { values: { k, c: calls } });
    const own = [{ ...pay, approve: later }, refund];
    const run = m.recordTimeline(streamOf(agent({ model, tools: own, price, ...options })));
    m.flush();
    const state = stateOf(run.chunks);
    return { run, state };
  }

  /** Goes on in an agent that has seen nothing. */
  function resumed(
    m: Marbles,
    state: RunState,
    decisions: ApprovalDecisions,
    {
      rounds = ['-o|'],
      values = { p: payment(4) },
      ...options
    }: Partial<AgentOptions> & {
      rounds?: string[];
      values?: object;
    } = {},
    interruptOn?: AbortSignal,
  ) {
    const model: FakeModel = m.fakeModel(rounds, { values: values as never });
    const other = agent({ model, tools: [{ ...pay, approve: later }, refund], price, ...options });
    const since = m.scheduler.frame;
    const run = m.recordTimeline(
      other.resume(state, decisions, interruptOn && { interruptOn }).pipe(verifyGrammar()),
    );
    m.flush();
    return { run, model, lines: outline(run, since) };
  }

  it('ends with the reason pause and a state of plain JSON, without the waiting results', (m) => {
    const { run, state } = paused(m);

    expect(outline(run)).toEqual([
      '1: agent 1',
      '2: pay(1), may pay?, refund(2), refund = refunded 2, pay(3), may pay?',
      '3: finish tool-calls, +assistant, end pause, |',
    ]);
    expect(state).toEqual({
      version: 1,
      agent: 'agent',
      provider: 'test',
      model: 'test-1',
      messages: [{ role: 'user', content: 'Hi' }, ...messagesOf(run.chunks)],
      results: [
        {
          type: 'tool-result',
          toolCallId: 'call_1',
          toolName: 'refund',
          result: 'refunded 2',
          isError: false,
        },
      ],
      waiting: [
        { type: 'tool-call', toolCallId: 'call_0', toolName: 'pay', arguments: { amount: 1 } },
        { type: 'tool-call', toolCallId: 'call_2', toolName: 'pay', arguments: { amount: 3 } },
      ],
      approved: [],
      rounds: 1,
      usage: k.usage,
      billedUsage: k.usage,
      cost: 2,
      durationMs: 3,
    });
  });

  it('waits for its other tools before', (m) => {
    const model = m.fakeModel(['-c|'], {
      values: { c: [...toolCall('refund', { amount: 1 }), ...payment(1)] },
    });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [{ ...refund, approve: later }, pay] })));
    m.flush();

    expect(outline(run).at(-1)).toBe('3: pay = paid 1, end pause, |');
  });

  it('goes on in another agent with the decisions, the results in the order of the calls', (m) => {
    const { run: first, state } = paused(m);
    const { run, model, lines } = resumed(m, state, {
      call_0: true,
      call_2: { approved: false, reason: 'no' },
    });

    expect(lines).toEqual([
      '0: agent 1, pay(1), pay(3), pay ! The call was denied: no, finish tool-calls',
      '2: pay = paid 1, +tool',
      '3: agent 2, "o"',
      '4: finish stop, +assistant, end stop, |',
    ]);
    const messages = [...messagesOf(first.chunks), ...messagesOf(run.chunks)];
    expect(faultsOf(messages)).toEqual([]);
    expect(resultsOf(messages.flatMap(({ content }) => content as never))).toEqual([
      'paid 1',
      'refunded 2',
      'The call was denied: no',
    ]);
    expect(model.calls[0]?.request.messages).toEqual([
      { role: 'user', content: 'Hi' },
      ...messages.slice(0, 2),
    ]);
    expect(endOf(run.chunks)).toEqual({
      type: 'run-finish',
      reason: 'stop',
      usage: k.usage,
      billedUsage: k.usage,
      cost: 2,
      durationMs: 7,
      rounds: 2,
      lastAgent: 'agent',
    });
  });

  it('waits on for calls that are left out, and asks for them again', (m) => {
    const { state } = paused(m);
    const { run, lines } = resumed(
      m,
      state,
      { call_2: { approved: true, arguments: { amount: 30 } } },
      { rounds: [] },
    );

    expect(lines).toEqual([
      '0: agent 1, pay(1), may pay?, pay(3), finish tool-calls',
      '2: pay = paid 30, end pause, |',
    ]);
    const again = stateOf(run.chunks);
    expect(again.waiting.map(({ toolCallId }) => toolCallId)).toEqual(['call_0']);
    expect(again.results.map(({ result }) => result)).toEqual(['refunded 2', 'paid 30']);
    expect(again.durationMs).toBe(5);

    const last = resumed(m, again, { call_0: true });
    expect(last.lines.slice(0, 2)).toEqual([
      '0: agent 1, pay(1), finish tool-calls',
      '2: pay = paid 1, +tool',
    ]);
    expect(resultsOf(messagesOf(last.run.chunks)[0]?.content as never)).toEqual([
      'paid 1',
      'refunded 2',
      'paid 30',
    ]);
  });

  it('takes always for the calls that wait, in whatever order, and for those to come', (m) => {
    const { state } = paused(m);
    const values = { p: payment(4) };
    const { run } = resumed(
      m,
      state,
      { call_2: { approved: true, always: true } },
      { rounds: ['-p|', '-o|'], values },
    );

    expect(resultsOf(run.chunks)).toEqual(['paid 1', 'paid 3', 'paid 4']);
    expect(outline(run).join()).not.toContain('may pay?');
  });

  it('keeps what was approved for all', (m) => {
    const { state } = paused(m, {
      tools: [
        { ...pay, approve: later },
        { ...refund, approve: () => [{ approved: true, always: true }] },
      ],
    });
    const approve = vi.fn<ApprovalGate>(() => [true]);
    const values = { p: toolCall('refund', { amount: 7 }) };
    resumed(
      m,
      state,
      { call_0: true, call_2: true },
      { rounds: ['-p|', '-o|'], values, tools: [pay, { ...refund, approve }] },
    );

    expect(state.approved).toEqual(['agent/refund']);
    expect(approve).not.toHaveBeenCalled();
  });

  it('goes on with the agent that a handoff of the round meant', (m) => {
    const model = m.fakeModel(['-c|'], { values: { c: [...toolCall('transfer_to_other'), ...payment(1)] } });
    const handoffs = (): readonly Agent[] => [agent({ name: 'other', model })];
    const run = m.recordTimeline(streamOf(agent({ model, tools: [{ ...pay, approve: later }], handoffs })));
    m.flush();
    const state = stateOf(run.chunks);
    const next = m.fakeModel(['-o|']);
    const result = resumed(
      m,
      state,
      { call_1: true },
      { rounds: [], handoffs: [agent({ name: 'other', model: next })] },
    );

    expect(state.next).toBe('other');
    expect(endOf(result.run.chunks)).toMatchObject({ lastAgent: 'other', reason: 'stop' });
    expect(next.calls).toHaveLength(1);
  });

  it('is found at the agent that waits, among those that know each other', (m) => {
    const { state } = paused(m, { name: 'billing' });
    const model = m.fakeModel(['-o|']);
    const billing: Agent = agent({ name: 'billing', model, tools, handoffs: () => [middle] });
    const middle: Agent = agent({ name: 'middle', model, handoffs: () => [billing] });
    const front = agent({ name: 'front', model, handoffs: [middle] });
    const run = m.recordTimeline(front.resume(state, { call_0: true, call_2: true }));
    m.flush();

    expect(outline(run)[0]).toContain('billing 1');
    expect(endOf(run.chunks).lastAgent).toBe('billing');
  });

  it('gives all calls a result where it is stopped, be it before it goes on', (m) => {
    const { state } = paused(m);
    const stopped = resumed(m, state, { call_0: true, call_2: true }, { rounds: [] }, AbortSignal.abort());

    const why = 'The call was aborted before it had a result.';
    expect(stopped.lines).toEqual([
      `0: agent 1, pay(1), pay ! ${why}, pay(3), pay ! ${why}, finish tool-calls, +tool, end aborted, |`,
    ]);
    expect(faultsOf([...state.messages, ...messagesOf(stopped.run.chunks)])).toEqual([]);
  });

  it('tells the model of a tool that is no more', (m) => {
    const { state } = paused(m);
    const { run } = resumed(m, state, { call_0: true, call_2: true }, { tools: [refund] });

    expect(resultsOf(run.chunks)[0]).toBe('There is no tool "pay". The tools are: refund.');
  });

  it('counts its rounds on, also for stopWhen, and judges no input again', (m) => {
    const { state } = paused(m);
    const inputGuardrails = [() => of('never')];
    const { run } = resumed(
      m,
      state,
      { call_0: true, call_2: true },
      { inputGuardrails, stopWhen: ({ rounds }) => rounds === 1, rounds: [] },
    );

    expect(endOf(run.chunks)).toMatchObject({ reason: 'limit', rounds: 1 });
  });

  it('is not resumed from what is no state, or by an agent that does not know it', (m) => {
    const { state } = paused(m);
    const errors = [
      undefined,
      null,
      {},
      { ...state, version: 2 },
      { ...state, waiting: 1 },
      { ...state, agent: 'x' },
    ].map((each) => resumed(m, each as RunState, {}).run.error);

    expect(errors.every((error) => error instanceof InvalidRequestError)).toBe(true);
    expect(errors.map(String)).toEqual([
      ...Array<string>(5).fill(
        'InvalidRequestError: The state is not that of a run that waits, see the `state` of its run-finish',
      ),
      'InvalidRequestError: The run waits at the agent "x", which "agent" does not know',
    ]);
  });

  it('is not resumed with a decision on a call that does not wait, which is named', (m) => {
    const { state } = paused(m);
    const { run } = resumed(m, state, { call_0: true, call_9: true });

    expect(run.error).toBeInstanceOf(InvalidRequestError);
    expect(String(run.error)).toContain(
      'The run does not wait for a decision on "call_9". It waits for: call_0, call_2',
    );
  });

  it('waits for a call although an attempt that is void had its result', (m) => {
    const answers = [true, 'later' as const].values();
    const approve: ApprovalGate = () => [answers.next().value ?? false];
    const base = m.fakeModel(['-c--#', '-c|'], { values: { c: payment(1) } });
    const model = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, tools, approve, afterTools: 'repeat' })));
    m.flush();

    expect(resultsOf(run.chunks)).toEqual(['paid 1']);
    expect(stateOf(run.chunks)).toMatchObject({ waiting: [{ toolCallId: 'call_0' }], results: [] });
  });

  it('waits for the call that was left, where the model gave two the same id', (m) => {
    const both = [1, 2].flatMap((each) => toolCall('pay', { amount: each }, 'x'));
    const approve: ApprovalGate = ({ arguments: args }) => [
      (args as { amount: number }).amount > 1 || 'later',
    ];
    const run = asked(m, approve, both);
    const { waiting, results } = stateOf(run.chunks);

    expect(waiting).toMatchObject([{ toolCallId: 'x', arguments: { amount: 1 } }]);
    expect(results).toMatchObject([{ toolCallId: 'x_1', result: 'paid 2' }]);
  });

  it('can be resumed again and again from the same state', (m) => {
    const { state } = paused(m);
    const model = m.fakeModel(['-o|', '-o|']);
    const other = agent({ model, tools });
    const stream = other.resume(state, { call_0: true, call_2: true });
    const runs = [m.recordTimeline(stream), m.recordTimeline(stream, '9ms ^')];
    m.flush();

    expect(runs[0]?.chunks).toEqual(runs[1]?.chunks);
  });
});
