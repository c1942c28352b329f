import { Ollama } from 'ollama';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });
const client = new Ollama({ host: process.env['OLLAMA_HOST'] ?? '' });

const { message } = await client.chat({
  model: 'qwen3',
  messages: [{ role: 'user', content: 'A recipe for rösti' }],
  format: z.toJSONSchema(Recipe),
});
console.log(Recipe.parse(JSON.parse(message.content)));
