import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';

const Recipe = z.object({ title: z.string(), minutes: z.number() });

const model = new ChatOpenAI({ model: 'gpt-5-mini' }).withStructuredOutput(Recipe);
console.log(await model.invoke('A recipe for rösti'));
