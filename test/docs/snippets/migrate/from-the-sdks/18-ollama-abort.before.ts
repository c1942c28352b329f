import { Ollama } from 'ollama';

const client = new Ollama({ host: process.env['OLLAMA_HOST'] ?? '' });

const stream = await client.chat({
  model: 'qwen3',
  messages: [{ role: 'user', content: 'Tell me a slow story' }],
  stream: true,
});
setTimeout(() => stream.abort(), 200);
let text = '';
try {
  for await (const { message } of stream) text += message.content;
} catch (error) {
  if ((error as Error).name === 'AbortError') console.log(text);
}
