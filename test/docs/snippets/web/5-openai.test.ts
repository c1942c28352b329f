import { Hono } from 'hono';
import OpenAI from 'openai';
import type { ModelRequest } from 'rxllm';
import { fromText } from 'rxllm/testing';
import { openaiEndpoint } from 'rxllm/web';
import { expect, it } from 'vitest';

const model = { stream: (_: ModelRequest) => fromText('Because they are round.') };

const answer = openaiEndpoint(({ request }) => model.stream(request));
const app = new Hono().post('/v1/chat/completions', ({ req }) => answer(req.raw));

it('is an OpenAI server to the SDK of OpenAI', async () => {
  const client = new OpenAI({
    baseURL: 'http://localhost/v1',
    apiKey: 'yours',
    fetch: async (url, init) => app.fetch(new Request(url, init)),
  });
  const stream = client.chat.completions.stream({
    model: 'assistant',
    messages: [{ role: 'user', content: 'Why do marbles roll?' }],
  });

  expect(await stream.finalContent()).toBe('Because they are round.');
});
