import OpenAI from 'openai';

const client = new OpenAI();
const controller = new AbortController();
let timer: NodeJS.Timeout | undefined;
// `timeout` of the client ends with the headers, so silence in mid-answer needs a timer of one's own.
const listen = () => {
  clearTimeout(timer);
  timer = setTimeout(() => controller.abort(), 200);
};

let text = '';
listen();
const stream = await client.chat.completions.create(
  { model: 'gpt-5-mini', messages: [{ role: 'user', content: 'Tell me a slow story' }], stream: true },
  { signal: controller.signal },
);
for await (const chunk of stream) {
  listen();
  text += chunk.choices[0]?.delta.content ?? '';
}
clearTimeout(timer);
if (controller.signal.aborted) console.log('Silence after:', text);
