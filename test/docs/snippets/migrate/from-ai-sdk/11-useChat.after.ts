import { DefaultChatTransport, readUIMessageStream, type UIMessage } from 'ai';
import { Hono } from 'hono';
import { openai } from 'rxllm/providers/openai';
import { readUIMessageRequest, toResponse, uiMessageStream } from 'rxllm/web';

const app = new Hono().post('/api/chat', async ({ req }) => {
  const { request, options } = readUIMessageRequest(await req.json());
  return toResponse(openai('gpt-5-mini').stream(request), { format: uiMessageStream(options) });
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
