import { HttpAgent } from '@ag-ui/client';
import { Hono } from 'hono';
import { of } from 'rxjs';
import { agent } from 'rxllm/agents';
import { fromText } from 'rxllm/testing';
import { agUi, readAgUiRequest, toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';
import { z } from 'zod';

const capabilities = {
  streaming: true,
  tools: true,
  parallelTools: true,
  thinking: false,
  structuredOutput: false,
  images: false,
};
const rounds = [
  fromText('I look.', { toolCalls: [{ toolName: 'weather', arguments: { city: 'Bern' } }] }),
  fromText('It is sunny.'),
].values();
const model = { provider: 'fake', model: 'fake', capabilities, stream: () => rounds.next().value ?? of() };

const weather = {
  name: 'weather',
  parameters: z.object({ city: z.string() }),
  execute: () => 'sunny',
};
const assistant = agent({ model, tools: [weather] });

const app = new Hono().post('/agent', async ({ req }) => {
  const { request, options } = readAgUiRequest(await req.json());
  return toResponse(assistant.stream(request.messages), { format: agUi(options) });
});

it('shows the run of an agent to an AG-UI client', async () => {
  const client = new HttpAgent({
    url: 'http://localhost/agent',
    fetch: async (url, init) => app.fetch(new Request(url, init)),
    initialMessages: [{ id: 'q', role: 'user', content: 'How is the weather in Bern?' }],
  });
  await client.runAgent();

  expect(client.messages.slice(1)).toMatchObject([
    { role: 'assistant', content: 'I look.', toolCalls: [{ function: { name: 'weather' } }] },
    { role: 'tool', content: 'sunny' },
    { role: 'assistant', content: 'It is sunny.' },
  ]);
});
