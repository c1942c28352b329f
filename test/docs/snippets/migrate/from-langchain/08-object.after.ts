import { lastValueFrom } from 'rxjs';
import { accumulateObject } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });

const recipe = openaiChat('gpt-5-mini')
  .stream({ messages: [{ role: 'user', content: 'A recipe for rösti' }], outputSchema: Recipe })
  .pipe(accumulateObject(Recipe));
const { value } = await lastValueFrom(recipe);
console.log(value);
