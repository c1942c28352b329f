import type { LanguageModel, RunState } from 'rxllm';
import { agent, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const pay = tool({
  name: 'pay',
  parameters: z.object({ amount: z.number() }),
  approve: () => ['later'],
  execute: ({ amount }) => `paid ${amount}`,
});

/** Every process makes the agent anew. */
const makeAssistant = (model: LanguageModel) => agent({ model, tools: [pay] });

it(
  'pays the day after, in another process',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const first = fakeModel(['--c|'], { values: { c: toolCall('pay', { amount: 9 }, 'call_7') } });
    const today = recordTimeline(makeAssistant(first).stream('Pay'));
    flush();
    const end = today.chunks.at(-1);
    const stored = JSON.stringify(end?.type === 'run-finish' && end.state);

    const second = fakeModel(['--o-k|']);
    const state = JSON.parse(stored) as RunState;
    const tomorrow = recordTimeline(makeAssistant(second).resume(state, { call_7: true }));
    flush();

    expect(end).toMatchObject({ reason: 'pause' });
    expect(tomorrow.chunks.at(-1)).toMatchObject({ reason: 'stop', rounds: 2 });
    expect(second.calls[0]?.request.messages.at(-1)).toMatchObject({ content: [{ result: 'paid 9' }] });
  }),
);
