import { Ollama } from 'ollama';

const client = new Ollama({ host: process.env['OLLAMA_HOST'] ?? '' });

// A model that writes its thinking into the text, between tags.
const { message } = await client.chat({
  model: 'deepseek-r1',
  messages: [{ role: 'user', content: 'Is a marble alive?' }],
});
console.log(message.content.replace(/<think>.*?<\/think>/gs, '').trim());
