import { map, timer } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => timer(city === 'Bern' ? 6 : 2).pipe(map(() => `sunny in ${city}`)),
});

it(
  'asks about both cities at once and answers with both',
  inVirtualTime(({ fakeModel, recordTimeline, expectSubscriptions, flush }) => {
    const values = { b: toolCall('weather', { city: 'Bern' }), o: toolCall('weather', { city: 'Oslo' }) };
    const model = fakeModel(['--b-o--|', '--S-u-n|'], { values });
    const screen = recordTimeline(agent({ model, tools: [weather] }).stream('Bern or Oslo?'));

    expectSubscriptions(model.subscriptions).toBe(['^------!', '--------^------!']);
    flush();
    expect(screen.textAt(14)).toBe('Sun');
    expect(model.calls[1]?.request.messages.at(-1)).toMatchObject({
      role: 'tool',
      content: [{ result: 'sunny in Bern' }, { result: 'sunny in Oslo' }],
    });
  }),
);
