import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatOpenAI } from '@langchain/openai';
import { Hono } from 'hono';

const chain = new ChatOpenAI({ model: 'gpt-5-mini' }).pipe(new StringOutputParser());
const app = new Hono().post('/chat', async ({ req }) => {
  const stream = await chain.stream(await req.text(), { signal: req.raw.signal });
  return new Response(stream.pipeThrough(new TextEncoderStream()));
});

const response = await app.request('/chat', { method: 'POST', body: 'Why do marbles roll?' });
console.log(await response.text());
