import OpenAI from 'openai';
import { zodFunction } from 'openai/helpers/zod';
import { z } from 'zod';

const client = new OpenAI();
const weather = zodFunction({
  name: 'weather',
  description: 'Tells the weather of a city',
  parameters: z.object({ city: z.string() }),
  function: ({ city }) => `snow in ${city}`,
});

const run = client.chat.completions.runTools({
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Do I need a coat in Bern?' }],
  tools: [weather],
  stream: true,
});
run.on('functionToolCallResult', (result) => console.log(result));
console.log(await run.finalContent());
