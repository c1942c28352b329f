import { openai } from '@ai-sdk/openai';
import { isStepCount, streamText, tool } from 'ai';
import { z } from 'zod';

const weather = tool({
  description: 'Tells the weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => `snow in ${city}`,
});

const { stream } = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'Do I need a coat in Bern?',
  tools: { weather },
  stopWhen: isStepCount(5),
});
for await (const part of stream) {
  if (part.type === 'tool-result') console.log(part.output);
  if (part.type === 'text-delta') process.stdout.write(part.text);
}
