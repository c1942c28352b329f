import { map, timer } from 'rxjs';
import { tool } from 'rxllm';
import { executeTools } from 'rxllm/operators';
import { finish, inVirtualTime, toolCall, toolProgress, toolResult } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => timer(3).pipe(map(() => `sunny in ${city}`)),
});

it(
  'runs a tool while the model goes on',
  inVirtualTime(({ fakeModel, expectChunks, flush }) => {
    const c = toolCall('weather', { city: 'Bern' });
    const model = fakeModel(['--c-------|'], { values: { c } });
    const messages = [{ role: 'user' as const, content: 'How is Bern?' }];

    const run$ = model.stream({ messages, tools: [weather] }).pipe(executeTools([weather]));

    expectChunks(run$).toBe('--c--(pr)-|', {
      c,
      p: toolProgress('weather', 'sunny in Bern'),
      r: { ...toolResult('weather', 'sunny in Bern'), durationMs: 3 },
      f: finish('tool-calls'),
    });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
