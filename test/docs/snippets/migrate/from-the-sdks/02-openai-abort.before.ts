import OpenAI from 'openai';

const client = new OpenAI();
const stop = AbortSignal.timeout(200);

const stream = await client.chat.completions.create(
  { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Tell me a slow story' }], stream: true },
  { signal: stop },
);
let text = '';
for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
// The loop ends as if the answer had: only the signal tells.
console.log(text, stop.aborted ? 'aborted' : 'stop');
