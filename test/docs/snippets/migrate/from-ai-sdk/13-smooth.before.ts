import { openai } from '@ai-sdk/openai';
import { smoothStream, streamText } from 'ai';

const { textStream } = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'Why do marbles roll?',
  experimental_transform: smoothStream({ chunking: 'word', delayInMs: 5 }),
});
for await (const word of textStream) console.log(word.trim());
