import { describe, expect } from 'vitest';
import { agent } from '../../agents/agent.ts';
import type { Agent } from '../../agents/contract.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import type { Message } from '../../src/message.ts';
import { tool } from '../../src/tool.ts';
import { toolCall, usage } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { add, endOf, faultsOf, messagesOf, outline, resultsOf, streamOf, wait } from './runs.ts';

const toBilling = toolCall('transfer_to_billing');
const toRefunds = toolCall('transfer_to_refunds');
const toFront = toolCall('transfer_to_front');

describe('the handoffs of an agent', () => {
  it('give the conversation to another agent, with its own instructions, tools and model', (m) => {
    const values = { b: toBilling };
    const first = m.fakeModel(['-b|'], { values });
    const second = m.fakeModel(['-o|'], { model: 'big' });
    const billing = agent({
      name: 'billing',
      description: 'Knows all bills.',
      model: second,
      instructions: 'You bill.',
      tools: [add],
    });
    const front = agent({ name: 'front', model: first, instructions: 'You greet.', handoffs: [billing] });
    const run = m.recordTimeline(streamOf(front));
    m.flush();

    expect(outline(run)).toEqual([
      '1: front 1, transfer_to_billing(), transfer_to_billing = billing takes over.',
      '2: finish tool-calls, +assistant, +tool',
      '3: billing 2, "o"',
      '4: finish stop, +assistant, end stop, |',
    ]);
    expect(endOf(run.chunks).lastAgent).toBe('billing');
    expect(first.calls[0]?.request.tools).toMatchObject([
      {
        name: 'transfer_to_billing',
        description: 'Hands the conversation over to billing. Knows all bills.',
      },
    ]);
    expect(second.calls[0]?.request.tools?.map(({ name }) => name)).toEqual(['add']);
    expect(second.calls[0]?.request.messages[0]).toEqual({ role: 'system', content: 'You bill.' });
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('go on from one to the next and back, where agents know each other by a function', (m) => {
    const values = { b: toBilling, r: toRefunds, f: toFront };
    const model = m.fakeModel(['-b|', '-r|', '-f|', '-o|'], { values });
    const front: Agent = agent({ name: 'front', model, handoffs: () => [billing] });
    const billing: Agent = agent({ name: 'billing', model, handoffs: () => [refunds] });
    const refunds: Agent = agent({ name: 'refunds', model, handoffs: () => [front] });
    const run = m.recordTimeline(streamOf(front));
    m.flush();

    expect(run.chunks.flatMap((chunk) => (chunk.type === 'start' ? [chunk.agent] : []))).toEqual([
      'front',
      'billing',
      'refunds',
      'front',
    ]);
    expect(endOf(run.chunks)).toMatchObject({ rounds: 4, lastAgent: 'front', reason: 'stop' });
  });

  it('are one a round: the first counts, the second is an error for the model', (m) => {
    const model = m.fakeModel(['-b|', '-o|'], { values: { b: [...toBilling, ...toRefunds] } });
    const handoffs = ['billing', 'refunds'].map((name) => agent({ name, model }));
    const run = m.recordTimeline(streamOf(agent({ model, handoffs })));
    m.flush();

    expect(resultsOf(run.chunks)).toEqual([
      'billing takes over.',
      'The tool "transfer_to_refunds" failed: billing has taken over already.',
    ]);
    expect(endOf(run.chunks).lastAgent).toBe('billing');
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('wait for the other tools of their round', (m) => {
    const slow = tool({ ...add, execute: ({ a }) => wait(5, a) });
    const model = m.fakeModel(['-b|', '-o|'], {
      values: { b: [...toBilling, ...toolCall('add', { a: 1, b: 1 })] },
    });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [slow], handoffs: [agent({ name: 'billing', model })] })),
    );
    m.flush();

    expect(outline(run).slice(2, 4)).toEqual(['6: add = 1, +tool', '7: billing 2, "o"']);
  });

  it('are void with the call that is repeated', (m) => {
    const base = m.fakeModel(['-b#', '-r|', '-o|'], { values: { b: toBilling, r: toRefunds } });
    const model = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const handoffs = ['billing', 'refunds'].map((name) => agent({ name, model }));
    const run = m.recordTimeline(streamOf(agent({ model, handoffs })));
    m.flush();

    expect(resultsOf(run.chunks)).toEqual(['billing takes over.', 'refunds takes over.']);
    expect(endOf(run.chunks).lastAgent).toBe('refunds');
  });

  it('have the name that providers take', (m) => {
    const model = m.fakeModel(['-o|']);
    const other = agent({ name: 'Héléne of sales', model });
    m.recordTimeline(streamOf(agent({ model, handoffs: [other] })));
    m.flush();

    expect(model.calls[0]?.request.tools?.map(({ name }) => name)).toEqual(['transfer_to_H_l_ne_of_sales']);
  });

  it('throw where two agents have the same name, at once or where a function tells them', (m) => {
    const model = m.fakeModel([]);
    const handoffs = [agent({ name: 'the bill', model }), agent({ name: 'the_bill', model })];
    const words =
      'agent: two agents to hand over to have the name "the_bill". Give each agent a name of its own';
    const run = m.recordTimeline(streamOf(agent({ model, handoffs: () => handoffs })));
    m.flush();

    expect(() => agent({ model, handoffs })).toThrow(words);
    expect(String(run.error)).toContain(words);
  });

  it('have a name of at most 64 characters', (m) => {
    const model = m.fakeModel(['-o|']);
    m.recordTimeline(streamOf(agent({ model, handoffs: [agent({ name: 'a'.repeat(70), model })] })));
    m.flush();

    expect(model.calls[0]?.request.tools).toMatchObject([{ name: `transfer_to_${'a'.repeat(52)}` }]);
    expect(agent({ name: 'a'.repeat(70), model }).asTool().name).toBe('a'.repeat(64));
  });

  it('change the price, but neither the conditions nor the guardrails of the run', (m) => {
    const k = usage({ inputTokens: 1_000_000, outputTokens: 0 });
    const model = m.fakeModel((_, call) => (call < 9 ? '-c|' : undefined), {
      values: { c: [k, ...toBilling] },
    });
    const seen: string[] = [];
    const billing: Agent = agent({
      name: 'billing',
      model,
      price: { input: 5, output: 0 },
      handoffs: () => [billing],
      stopWhen: () => true,
      inputGuardrails: [() => ['never asked']],
    });
    const front = agent({
      model,
      price: ({ model: name }) => (name === 'test-1' ? { input: 3, output: 0 } : undefined),
      handoffs: [billing],
      stopWhen: ({ agent: name, rounds, cost }) => {
        seen.push(`${name} ${rounds} ${cost}`);
        return rounds > 2;
      },
    });
    const run = m.recordTimeline(streamOf(front));
    m.flush();

    expect(seen).toEqual(['billing 1 3', 'billing 2 8', 'billing 3 13']);
    expect(endOf(run.chunks)).toMatchObject({ cost: 13, reason: 'limit' });
  });

  it('leave the conversation whole', (m) => {
    const model = m.fakeModel(['-b|', '-o|'], { values: { b: toBilling } });
    m.recordTimeline(streamOf(agent({ model, handoffs: [agent({ name: 'billing', model })] })));
    m.flush();

    const roles = (messages: readonly Message[] = []) => messages.map(({ role }) => role);
    expect(roles(model.calls[1]?.request.messages)).toEqual(['user', 'assistant', 'tool']);
  });
});
