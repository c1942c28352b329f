import { agent, roundsReached, tool } from 'rxllm/agents';
import { openai } from 'rxllm/providers/openai';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `snow in ${city}`,
});

agent({ model: openai('gpt-5-mini'), tools: [weather], stopWhen: roundsReached(5) })
  .stream('Do I need a coat in Bern?')
  .subscribe((chunk) => {
    if (chunk.type === 'tool-result') console.log(chunk.result);
    if (chunk.type === 'text-delta') process.stdout.write(chunk.text);
  });
