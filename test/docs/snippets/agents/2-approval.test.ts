import { agent, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';

it(
  'pays less, when somebody has said so',
  inVirtualTime(({ fakeModel, cold, recordTimeline, flush }) => {
    const execute = vi.fn(() => 'paid');
    const decision = { approved: true, arguments: { amount: 5 } };
    const pay = tool({
      name: 'pay',
      parameters: z.object({ amount: z.number() }),
      approve: () => cold('----d', { d: decision }),
      execute,
    });
    const model = fakeModel(['--c|', '--o-k|'], { values: { c: toolCall('pay', { amount: 9 }) } });
    const screen = recordTimeline(agent({ model, tools: [pay] }).stream('Pay'));
    flush();

    expect(execute).toHaveBeenCalledWith({ amount: 5 }, expect.anything());
    expect(model.calls[1]?.subscribedFrame).toBe(6);
    expect(screen.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'stop', rounds: 2 });
  }),
);
