import { Ollama } from 'ollama';

const client = new Ollama({ host: process.env['OLLAMA_HOST'] ?? '' });

const stream = await client.chat({
  model: 'qwen3',
  messages: [{ role: 'user', content: 'Why do marbles roll?' }],
  options: { temperature: 0, num_ctx: 16_384 },
  stream: true,
});
for await (const { message } of stream) process.stdout.write(message.content);
