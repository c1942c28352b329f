import { Hono } from 'hono';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { text, toResponse } from 'rxllm/web';

const model = openaiChat('gpt-5-mini');
const app = new Hono().post('/chat', async ({ req }) =>
  toResponse(model.stream(await req.text()), { format: text() }),
);

const response = await app.request('/chat', { method: 'POST', body: 'Why do marbles roll?' });
console.log(await response.text());
