import { agent, roundsReached, tool } from 'rxllm/agents';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `snow in ${city}`,
});
const assistant = agent({
  model: openaiChat('gpt-5-mini'),
  tools: [weather],
  stopWhen: roundsReached(5),
});

const { text, toolCalls } = await assistant.run('Do I need a coat in Bern?');
for (const { result } of toolCalls) console.log(result);
console.log(text);
