import { agent, tool } from 'rxllm/agents';
import { anthropic } from 'rxllm/providers/anthropic';
import { z } from 'zod';

const weather = tool({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: ({ city }) => `snow in ${city}`,
});

const assistant = agent({ model: anthropic('claude-sonnet-5-5'), tools: [weather] });
const { text } = await assistant.run('Do I need a coat in Bern?');
console.log(text);
