import { firstValueFrom, last } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { agent } from '../../agents/agent.ts';
import type { ApprovalDecisions } from '../../agents/contract.ts';
import { collectRun } from '../../agents/collectRun.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';
import { tool } from '../../src/tool.ts';
import { finish, text, toolCall, usage } from '../../testing/index.ts';
import { syncModel } from './runs.ts';

const pay = tool({
  name: 'pay',
  parameters: z.object({ amount: z.number() }),
  approve: () => ['later'],
  execute: ({ amount }) => `paid ${amount}`,
});
const refund = tool({ ...pay, name: 'refund', approve: () => [{ approved: true, always: true }] });
const k = usage({ inputTokens: 10, outputTokens: 5 });
const calls = [
  ...toolCall('pay', { amount: 9 }),
  ...toolCall('refund', { amount: 2 }),
  ...toolCall('transfer_to_other'),
];
const secret = 'a secret of the server';

/** An agent as each process makes it anew. */
function payer(stateSecret?: string) {
  const model = syncModel((call) => (call === 1 ? [k, ...calls, finish()] : [text('o'), finish()]));
  const price = { input: 1, output: 1 };
  const handoffs = [agent({ name: 'other', model })];
  return agent({
    model,
    tools: [pay, refund],
    price,
    handoffs,
    ...(stateSecret !== undefined && { stateSecret }),
  });
}

async function pausedState(stateSecret?: string): Promise<RunState> {
  const { state } = await payer(stateSecret).run('Pay');
  return JSON.parse(JSON.stringify(state)) as RunState;
}

function resume(
  state: unknown,
  stateSecret: string | null = secret,
  decisions: ApprovalDecisions = { call_0: true },
) {
  return firstValueFrom(
    payer(stateSecret ?? undefined)
      .resume(state as RunState, decisions)
      .pipe(collectRun(), last()),
  );
}

/** The same value with one leaf changed, for each leaf. */
function changesOf(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    return [
      ...items.flatMap((item, index) => changesOf(item).map((changed) => items.with(index, changed))),
      [...items, 'more'],
    ];
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return [
      ...entries.flatMap(([key, each]) => changesOf(each).map((changed) => ({ ...value, [key]: changed }))),
      ...entries.map(([gone]) => Object.fromEntries(entries.filter(([key]) => key !== gone))),
      { ...value, more: 1 },
    ];
  }
  return [typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}x`];
}

/** The same value with the keys of all objects in the other order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, turned(each)]),
  );
}

const changed = 'The state of the run was changed, or signed with another secret';

describe('the stateSecret of an agent', () => {
  it('signs the state of a run that waits', async () => {
    const state = await pausedState(secret);

    expect(state.signature).toMatch(/^[\w-]{43}$/);
    expect(state).toMatchObject({ approved: ['agent/refund'], next: 'other', cost: 0.000015 });
    expect(await resume(state)).toMatchObject({ finishReason: 'stop', text: 'o', lastAgent: 'other' });
  });

  it('accepts keys in another order, which stores may change', async () => {
    const state = await pausedState(secret);
    const other = turned(state);

    expect(JSON.stringify(other)).not.toBe(JSON.stringify(state));
    expect(await resume(other)).toMatchObject({ finishReason: 'stop' });
  });

  it('refuses a state of which anything was changed', async () => {
    const state = await pausedState(secret);
    const changes = changesOf(state);
    const results = await Promise.allSettled(changes.map((each) => resume(each)));

    expect(changes.length).toBeGreaterThan(100);
    expect(results.filter(({ status }) => status === 'fulfilled')).toEqual([]);
    for (const result of results) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(InvalidRequestError);
    }
  });

  it('refuses a signature that is missing, of another secret or none at all', async () => {
    const { signature, ...state } = await pausedState(secret);
    const wrong = [
      undefined,
      null,
      1,
      '',
      'x',
      '*'.repeat(43),
      'A'.repeat(43),
      signature?.slice(1),
      `${signature}A`,
    ];

    for (const each of wrong) {
      await expect(resume({ ...state, signature: each })).rejects.toThrow(new InvalidRequestError(changed));
    }
    await expect(resume({ ...state, signature }, 'other')).rejects.toThrow(changed);
    await expect(resume(await pausedState())).rejects.toThrow(changed);
  });

  it('is not needed: without one, nothing is signed and nothing refused', async () => {
    const state = await pausedState();

    expect(state).not.toHaveProperty('signature');
    expect(await resume({ ...state, signature: 'x' }, null)).toBeDefined();
  });

  it.each([
    ['refers to itself', () => Object.assign<{ self?: object }, object>({}, {})],
    ['is a BigInt', () => 1n],
  ])('cannot sign a result that %s, and says so', async (_, make) => {
    const result = make();
    if (typeof result === 'object') result.self = result;
    const model = syncModel(() => [...calls, finish()]);
    const tools = [pay, { ...refund, execute: () => result }];
    const run = agent({ model, tools, stateSecret: secret }).run('Pay');

    await expect(run).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(run).rejects.toThrow('The state of the run cannot be signed, since it is not JSON');
  });
});
