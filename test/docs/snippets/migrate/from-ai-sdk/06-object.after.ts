import { lastValueFrom, tap } from 'rxjs';
import { accumulateObject } from 'rxllm';
import { openai } from 'rxllm/providers/openai';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });
const page = { title: '' };

const recipe = openai('gpt-5-mini')
  .stream({ messages: [{ role: 'user', content: 'A recipe for rösti' }], outputSchema: Recipe })
  .pipe(
    accumulateObject(Recipe),
    tap(({ value }) => (page.title = value?.title ?? '')),
  );
const { value } = await lastValueFrom(recipe);
console.log(page.title, value);
