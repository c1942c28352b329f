import { Hono } from 'hono';
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';

const client = new OpenAI();
const app = new Hono().post('/chat', async ({ req }) => {
  const { messages } = await req.json<{ messages: OpenAI.ChatCompletionMessageParam[] }>();
  return new Response(client.chat.completions.stream({ model: 'gpt-5-mini', messages }).toReadableStream());
});

// In the page:
const messages = [{ role: 'user', content: 'Why do marbles roll?' }];
const response = await app.request('/chat', { method: 'POST', body: JSON.stringify({ messages }) });
const stream = ChatCompletionStream.fromReadableStream(response.body as ReadableStream);
stream.on('content', (delta) => process.stdout.write(delta));
await stream.done();
