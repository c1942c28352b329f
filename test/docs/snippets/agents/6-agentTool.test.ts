import { agent } from 'rxllm/agents';
import { inVirtualTime, toolCall, usage } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'asks an expert and pays for both',
  inVirtualTime(({ fakeModel, recordTimeline, flush }) => {
    const values = {
      c: toolCall('expert', { input: 'How far?' }),
      u: usage({ inputTokens: 10 }),
    };
    const expert = agent({ name: 'expert', model: fakeModel(['--u-4-2|'], { values }) });
    const model = fakeModel(['-uc|', '-u-o-k|'], { values });
    const screen = recordTimeline(agent({ model, tools: [expert.asTool()] }).stream('How far is it?'));
    flush();

    expect(model.calls[1]?.request.messages.at(-1)).toMatchObject({ content: [{ result: '42' }] });
    expect(screen.chunks.at(-1)).toMatchObject({
      usage: { inputTokens: 20 },
      billedUsage: { inputTokens: 30 },
    });
  }),
);
