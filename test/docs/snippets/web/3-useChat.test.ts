import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { Hono } from 'hono';
import type { ModelRequest } from 'rxllm';
import { fromText } from 'rxllm/testing';
import { readUIMessageRequest, toResponse, uiMessageStream } from 'rxllm/web';
import { expect, it } from 'vitest';

const model = {
  stream: (_: ModelRequest) => fromText('Because they are round.', { thinking: 'A ball?' }),
};

const app = new Hono().post('/api/chat', async ({ req }) => {
  const { request, options } = readUIMessageRequest(await req.json());
  return toResponse(model.stream(request), { format: uiMessageStream(options) });
});

/** What `useChat` asks with, where it is not told otherwise. */
const transport = new DefaultChatTransport({
  api: 'http://localhost/api/chat',
  fetch: async (url, init) => app.fetch(new Request(url, init)),
});

it('shows thinking and text as parts of one message', async () => {
  const question: UIMessage = {
    id: 'q',
    role: 'user',
    parts: [{ type: 'text', text: 'Why do marbles roll?' }],
  };
  const stream = await transport.sendMessages({
    chatId: 'chat',
    trigger: 'submit-message',
    messageId: undefined,
    messages: [question],
    abortSignal: undefined,
  });
  let shown: UIMessage | undefined;
  for await (const message of readUIMessageStream({ stream })) shown = message;

  expect(shown?.parts).toMatchObject([
    { type: 'step-start' },
    { type: 'reasoning', text: 'A ball?' },
    { type: 'text', text: 'Because they are round.' },
  ]);
});
