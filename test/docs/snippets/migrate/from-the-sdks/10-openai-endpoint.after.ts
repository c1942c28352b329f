import { Hono } from 'hono';
import { type Message, selectText } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { fromResponse, toResponse } from 'rxllm/web';

const model = openaiChat('gpt-5-mini');
const app = new Hono().post('/chat', async ({ req }) => {
  const { messages } = await req.json<{ messages: readonly Message[] }>();
  return toResponse(model.stream({ messages }));
});

// In the page:
const messages = [{ role: 'user', content: 'Why do marbles roll?' }];
const response = app.request('/chat', { method: 'POST', body: JSON.stringify({ messages }) });
fromResponse(response)
  .pipe(selectText())
  .subscribe((text) => process.stdout.write(text));
