import { NEVER } from 'rxjs';
import { agent, tool } from 'rxllm/agents';
import { inVirtualTime, toolCall } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

const slow = tool({ name: 'slow', parameters: z.object({}), execute: () => NEVER });

it(
  'stops within a tool, and can go on afterwards',
  inVirtualTime(({ fakeModel, cold, recordTimeline, flush }) => {
    const model = fakeModel(['--c|'], { values: { c: toolCall('slow') } });
    const stop = cold('------x');
    const screen = recordTimeline(agent({ model, tools: [slow] }).stream('Go', { interruptOn: stop }));
    flush();
    const messages = screen.chunks.flatMap((chunk) => (chunk.type === 'message' ? [chunk.message] : []));

    expect(screen.chunks.at(-1)).toMatchObject({ type: 'run-finish', reason: 'aborted', durationMs: 6 });
    expect(messages).toMatchObject([
      { role: 'assistant', content: [{ type: 'tool-call' }] },
      { role: 'tool', content: [{ isError: true, result: 'The call was aborted before it had a result.' }] },
    ]);
  }),
);
