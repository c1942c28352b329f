import Anthropic from '@anthropic-ai/sdk';
import { betaZodTool } from '@anthropic-ai/sdk/helpers/beta/zod';
import { z } from 'zod';

const client = new Anthropic();
const weather = betaZodTool({
  name: 'weather',
  description: 'Tells the weather of a city',
  inputSchema: z.object({ city: z.string() }),
  run: ({ city }) => `snow in ${city}`,
});

const message = await client.beta.messages.toolRunner({
  model: 'claude-sonnet-5-5',
  max_tokens: 1_024,
  messages: [{ role: 'user', content: 'Do I need a coat in Bern?' }],
  tools: [weather],
});
for (const block of message.content) if (block.type === 'text') console.log(block.text);
