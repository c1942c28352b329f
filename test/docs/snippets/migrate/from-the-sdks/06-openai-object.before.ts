import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });
const client = new OpenAI();

const completion = await client.chat.completions
  .stream({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'A recipe for rösti' }],
    response_format: zodResponseFormat(Recipe, 'recipe'),
  })
  .finalChatCompletion();
console.log(completion.choices[0]?.message.parsed);
