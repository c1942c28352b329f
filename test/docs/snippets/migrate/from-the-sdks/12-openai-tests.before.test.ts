import OpenAI from 'openai';
import { expect, it } from 'vitest';

/** An answer as it is on the wire, a server's event for each piece. */
const answer = (...pieces: string[]) => {
  const events = pieces.map((content) => JSON.stringify({ choices: [{ index: 0, delta: { content } }] }));
  const body = [...events, '[DONE]'].map((event) => `data: ${event}\n\n`).join('');
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};

it('reads the text', async () => {
  const client = new OpenAI({ apiKey: 'none', fetch: () => Promise.resolve(answer('H', 'i')) });
  const messages = [{ role: 'user' as const, content: 'Hello' }];
  const stream = await client.chat.completions.create({ model: 'test', messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';

  expect(text).toBe('Hi');
});
