import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-busy', maxRetries: 0 }).withFallbacks([
  new ChatOpenAI({ model: 'gpt-5-mini' }),
]);

const { text } = await model.invoke('Who answers?');
console.log(text);
