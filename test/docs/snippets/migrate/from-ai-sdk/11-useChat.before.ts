import { openai } from '@ai-sdk/openai';
import {
  convertToModelMessages,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  readUIMessageStream,
  streamText,
  toUIMessageStream,
  type UIMessage,
} from 'ai';
import { Hono } from 'hono';

const app = new Hono().post('/api/chat', async ({ req }) => {
  const { messages } = await req.json<{ messages: UIMessage[] }>();
  const { stream } = streamText({
    model: openai('gpt-5-mini'),
    messages: await convertToModelMessages(messages),
    abortSignal: req.raw.signal,
  });
  return createUIMessageStreamResponse({ stream: toUIMessageStream({ stream }) });
});

// What `useChat` does in the page:
const transport = new DefaultChatTransport({
  api: 'http://localhost/api/chat',
  fetch: async (url, init) => app.fetch(new Request(url, init)),
});
const question: UIMessage = { id: 'q', role: 'user', parts: [{ type: 'text', text: 'Is a marble alive?' }] };
const stream = await transport.sendMessages({
  chatId: 'chat',
  trigger: 'submit-message',
  messageId: undefined,
  messages: [question],
  abortSignal: undefined,
});
let shown: UIMessage | undefined;
for await (const message of readUIMessageStream({ stream })) shown = message;
for (const part of shown?.parts ?? []) if ('text' in part) console.log(part.type, part.text);
