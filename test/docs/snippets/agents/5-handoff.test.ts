import { agent } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'hands the question over to the one who knows',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const model = fakeModel(['--h|', '--o-k|'], { values: { h: toolCall('transfer_to_billing') } });
    const billing = agent({
      name: 'billing',
      description: 'Knows all bills.',
      model,
      instructions: 'You bill.',
    });
    const front = agent({ name: 'front', model, instructions: 'You greet.', handoffs: [billing] });
    const screen = recordTimeline(front.stream('What do I owe?'));
    flush();

    expect(model.calls.map(({ request }) => request.messages[0]?.content)).toEqual([
      'You greet.',
      'You bill.',
    ]);
    expect(screen.chunks.at(-1)).toMatchObject({ lastAgent: 'billing', rounds: 2 });
  }),
);
