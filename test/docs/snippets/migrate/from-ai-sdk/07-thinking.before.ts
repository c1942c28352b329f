import { openai } from '@ai-sdk/openai';
import { streamText } from 'ai';

const { stream } = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'Is a marble alive?',
  reasoning: 'low',
});

for await (const part of stream) {
  if (part.type === 'reasoning-delta') process.stdout.write(part.text);
  if (part.type === 'text-delta') process.stdout.write(part.text.toUpperCase());
}
