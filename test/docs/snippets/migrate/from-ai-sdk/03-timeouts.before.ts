import { openai } from '@ai-sdk/openai';
import { streamText } from 'ai';

let text = '';
const { stream } = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'Tell me a slow story',
  timeout: { totalMs: 60_000, firstChunkMs: 20_000, chunkMs: 200 },
});
for await (const part of stream) {
  if (part.type === 'text-delta') text += part.text;
  if (part.type === 'abort') console.log('Silence after:', text);
}
