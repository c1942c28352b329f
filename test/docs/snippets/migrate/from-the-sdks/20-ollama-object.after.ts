import { lastValueFrom } from 'rxjs';
import { accumulateObject } from 'rxllm';
import { ollama } from 'rxllm/providers/ollama';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });

const recipe = ollama('qwen3', { host: process.env['OLLAMA_HOST'] ?? '' })
  .stream({ messages: [{ role: 'user', content: 'A recipe for rösti' }], outputSchema: Recipe })
  .pipe(accumulateObject(Recipe));
console.log((await lastValueFrom(recipe)).value);
