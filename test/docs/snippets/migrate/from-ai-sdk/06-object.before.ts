import { openai } from '@ai-sdk/openai';
import { Output, streamText } from 'ai';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });
const page = { title: '' };

const result = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'A recipe for rösti',
  output: Output.object({ schema: Recipe }),
});
for await (const { title = '' } of result.partialOutputStream) page.title = title;
console.log(page.title, await result.output);
