import { from } from 'rxjs';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import { pipeModel } from '../../models/pipeModel.ts';
import { retryStream } from '../../operators/retryStream.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { restart, text, toolCall, usage } from '../../testing/index.ts';
import { it } from '../marbles.ts';
import { add, endOf, faultsOf, messagesOf, outline, resultsOf, streamOf } from './runs.ts';

const k = usage({ inputTokens: 10, outputTokens: 5 });
const l = usage({ inputTokens: 100, outputTokens: 50 });
const c = toolCall('add', { a: 1, b: 2 });
/** One for each token. */
const price = { input: 1_000_000, output: 1_000_000 };
const values = { k, l, c };

describe('the usage and cost of a run', () => {
  it('are those of all its rounds', (m) => {
    const model = m.fakeModel(['-kc|', '-l-o|'], { values });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [add], price })));
    m.flush();

    const used = { inputTokens: 110, outputTokens: 55, totalTokens: 165 };
    expect(endOf(run.chunks)).toMatchObject({ usage: used, billedUsage: used, cost: 165 });
  });

  it('are absent where nothing is told', (m) => {
    const run = m.recordTimeline(streamOf(agent({ model: m.fakeModel(['-o|']) })));
    m.flush();

    expect(endOf(run.chunks)).toEqual({
      type: 'run-finish',
      reason: 'stop',
      durationMs: 2,
      rounds: 1,
      lastAgent: 'agent',
    });
  });

  it('bill attempts that were voided, without counting them', (m) => {
    const base = m.fakeModel(['-la#', '-k-o|'], { values });
    const model = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const run = m.recordTimeline(streamOf(agent({ model, price })));
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({
      usage: { totalTokens: 15 },
      billedUsage: { totalTokens: 165 },
      cost: 165,
    });
  });

  it('price what was lost before the call that counts, by a fixed price', (m) => {
    const x = restart({ usage: l.usage });
    const run = (one: Parameters<typeof agent>[0]['price']) =>
      m.recordTimeline(
        streamOf(
          agent({ model: m.fakeModel(['-xk|'], { values: { ...values, x } }), ...(one && { price: one }) }),
        ),
      );
    const [fixed, asked] = [run(price), run(() => price)];
    m.flush();

    expect(endOf(fixed.chunks)).toMatchObject({ billedUsage: { totalTokens: 165 }, cost: 165 });
    expect(endOf(asked.chunks)).toMatchObject({ billedUsage: { totalTokens: 165 }, cost: 15 });
  });
});

describe('an agent as a tool', () => {
  const city = z.object({ city: z.string() });

  it('tells its chunks as progress and its answer as the result', (m) => {
    const expert = agent({
      name: 'the expert',
      description: 'Knows it.',
      model: m.fakeModel(['--4-2|']),
    });
    const model = m.fakeModel(['-a|', '-o|'], { values: { a: toolCall('the_expert', { input: 'Why?' }) } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [expert.asTool()] })));
    m.flush();

    expect(outline(run)).toEqual([
      '1: agent 1, the_expert(Why?)',
      '2: finish tool-calls, +assistant',
      '6: the_expert = 42, +tool',
      '7: agent 2, "o"',
      '8: finish stop, +assistant, end stop, |',
    ]);
    const told = run.chunks.flatMap((chunk) => (chunk.type === 'tool-progress' ? [chunk.value] : []));
    expect(told.slice(0, -1).map((value) => (value as StreamChunk).type)).toEqual([
      'start',
      'text-delta',
      'text-delta',
      'finish',
      'message',
      'run-finish',
    ]);
    expect(model.calls[0]?.request.tools).toMatchObject([{ name: 'the_expert', description: 'Knows it.' }]);
  });

  it('has the name and description that it is given', (m) => {
    const tool = agent({ model: m.fakeModel([]) }).asTool({ name: 'ask', description: 'Asks' });

    expect(tool).toMatchObject({ name: 'ask', description: 'Asks' });
    expect(agent({ model: m.fakeModel([]) }).asTool()).not.toHaveProperty('description');
    expect(tool.parameters['~standard'].validate({ input: 1 })).toEqual({
      issues: [{ message: 'must be a string', path: ['input'] }],
    });
    const { input, output } = tool.parameters['~standard'].jsonSchema;
    expect(input({ target: 'draft-07' })).toEqual({
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    });
    expect(output({ target: 'draft-07' })).toEqual(input({ target: 'draft-07' }));
  });

  it('gives its finalOutput, and is given the context', (m) => {
    const seen: unknown[] = [];
    const expert = agent({
      name: 'expert',
      model: m.fakeModel(['-j|'], { values: { j: text('{"city":"Bern"}') } }),
      outputSchema: city,
      prepareRound: ({ context }) => {
        seen.push(context);
        return undefined;
      },
    });
    const model = m.fakeModel(['-a|', '-o|'], { values: { a: toolCall('expert', { input: 'Why?' }) } });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [expert.asTool()] }), { context: 42 }));
    m.flush();

    expect(resultsOf(run.chunks)).toEqual([{ city: 'Bern' }]);
    expect(seen).toEqual([42]);
  });

  it('adds what it used and cost to what is billed, through several floors', (m) => {
    const deep = agent({
      name: 'deep',
      model: m.fakeModel(['-l-o|'], { values }),
      price: { input: 0, output: 2e6 },
    });
    const middle = agent({
      name: 'middle',
      model: m.fakeModel(['-d|', '-ko|'], { values: { ...values, d: toolCall('deep', { input: '' }) } }),
      tools: [deep.asTool()],
      price,
    });
    const model = m.fakeModel(['-kd|', '-ko|'], {
      values: { ...values, d: toolCall('middle', { input: '' }) },
    });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [middle.asTool()], price })));
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({
      usage: { totalTokens: 30 },
      billedUsage: { totalTokens: 30 + 15 + 150 },
      cost: 30 + 15 + 100,
    });
  });

  it('is billed as far as it came where it fails or is aborted', (m) => {
    const expert = (name: string, rounds: string[]) =>
      agent({ name, model: m.fakeModel(rounds, { values }), tools: [add] }).asTool();
    const model = m.fakeModel(['-x|', '-o|'], {
      values: { x: [...toolCall('failing', { input: '' }), ...toolCall('slow', { input: '' })] },
    });
    const tools = [
      expert('failing', ['-lc|', '-#']),
      { ...expert('slow', ['-kc|', '-----------o|']), timeout: 8 },
    ];
    const run = m.recordTimeline(streamOf(agent({ model, tools })));
    m.flush();

    expect(endOf(run.chunks).billedUsage).toMatchObject({ totalTokens: 165 });
    expect(endOf(run.chunks).usage).toBeUndefined();
  });

  it('is billed for attempts that were voided', (m) => {
    const base = m.fakeModel(['-la#', '-k-o|'], { values });
    const inner = pipeModel(base, retryStream({ delay: 2, random: () => 0 }));
    const model = m.fakeModel(['-x|', '-o|'], { values: { x: toolCall('expert', { input: '' }) } });
    const run = m.recordTimeline(
      streamOf(agent({ model, tools: [agent({ name: 'expert', model: inner }).asTool()] })),
    );
    m.flush();

    expect(endOf(run.chunks).billedUsage).toMatchObject({ totalTokens: 165 });
  });

  it('fails as a tool does: the model is told', (m) => {
    const failing = agent({ name: 'failing', model: m.fakeModel(['-#'], { error: new Error('down') }) });
    const gate = { ...add, approve: () => ['later' as const] };
    const waiting = agent({ name: 'waiting', model: m.fakeModel(['-c|'], { values }), tools: [gate] });
    const model = m.fakeModel(['-x|', '-o|'], {
      values: { x: [...toolCall('failing', { input: '' }), ...toolCall('waiting', { input: '' })] },
    });
    const run = m.recordTimeline(streamOf(agent({ model, tools: [failing.asTool(), waiting.asTool()] })));
    m.flush();

    expect(resultsOf(run.chunks)).toEqual([
      'The tool "failing" failed: down',
      'The tool "waiting" failed: The agent waiting waits for an approval, which it cannot as a tool',
    ]);
    expect(faultsOf(messagesOf(run.chunks))).toEqual([]);
  });

  it('is aborted with the run', (m) => {
    const inner = m.fakeModel(['-----------o|']);
    const model = m.fakeModel(['-x|'], { values: { x: toolCall('expert', { input: '' }) } });
    const tools = [agent({ name: 'expert', model: inner }).asTool()];
    const run = m.recordTimeline(streamOf(agent({ model, tools }), { interruptOn: m.cold('-----x') }));
    m.flush();

    expect(inner.calls[0]?.unsubscribedFrame).toBe(5);
    expect(endOf(run.chunks).reason).toBe('aborted');
  });

  it('is not mistaken for a tool whose progress looks like a chunk', (m) => {
    const usage = { inputTokens: '9', totalTokens: 9 };
    const execute = () => [
      { type: 'finish', usage },
      { type: 'run-finish', cost: '9' },
    ];
    const foreign = { ...add, execute: () => from(execute()) };
    const run = m.recordTimeline(
      streamOf(agent({ model: m.fakeModel(['-kc|', '-ko|'], { values }), tools: [foreign], price })),
    );
    m.flush();

    expect(endOf(run.chunks)).toMatchObject({ billedUsage: { totalTokens: 30 }, cost: 30 });
  });

  it('tells the model that there was no input', (m) => {
    const { validate } = agent({ model: m.fakeModel([]) }).asTool().parameters['~standard'];

    for (const nothing of [null, undefined, 1]) expect(validate(nothing)).toHaveProperty('issues');
  });
});
