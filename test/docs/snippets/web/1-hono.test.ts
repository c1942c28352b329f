import { Hono } from 'hono';
import { lastValueFrom } from 'rxjs';
import type { Message, ModelRequest } from 'rxllm';
import { accumulateText } from 'rxllm/operators';
import { fromText } from 'rxllm/testing';
import { fromServerSentEvents, toResponse } from 'rxllm/web';
import { expect, it } from 'vitest';

/** In your program a provider's: openai('gpt-5-mini'). */
const model = { stream: (_: ModelRequest) => fromText('Marbles roll because they are round.') };

const app = new Hono().post('/chat', async ({ req }) => {
  const { messages } = await req.json<{ messages: readonly Message[] }>();
  return toResponse(model.stream({ messages }));
});

it('answers a page chunk by chunk', async () => {
  const answer = fromServerSentEvents('http://localhost/chat', {
    body: { messages: [{ role: 'user', content: 'Why do marbles roll?' }] },
    // Only here, where no network is: a page leaves it out.
    fetch: async (url, init) => app.fetch(new Request(url, init)),
  });

  expect(await lastValueFrom(answer.pipe(accumulateText()))).toBe('Marbles roll because they are round.');
});
