import { lastValueFrom } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { agent, collectRun, tool } from 'rxllm/agents';
import { fromText } from 'rxllm/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';

/** Calls the tool, then answers. */
const model: LanguageModel = {
  provider: 'test',
  model: 'test-1',
  capabilities: {
    streaming: true,
    tools: true,
    parallelTools: true,
    thinking: true,
    structuredOutput: true,
    images: true,
  },
  stream: (request) => {
    const last = typeof request === 'string' ? undefined : request.messages.at(-1);
    return last?.role === 'tool'
      ? fromText('The report is ready.', { interval: 5 })
      : fromText('One moment.', { toolCalls: [{ toolName: 'report' }] });
  },
};

it('waits for a tool that returns a Promise', async () => {
  const execute = () => Promise.resolve('42 pages');
  const report = tool({ name: 'report', parameters: z.object({}), execute });
  const run = agent({ model, tools: [report] }).stream('Make a report');
  const { text, toolCalls } = await lastValueFrom(run.pipe(collectRun()));

  expect(text).toBe('The report is ready.');
  expect(toolCalls).toMatchObject([{ toolName: 'report', result: '42 pages' }]);
});
