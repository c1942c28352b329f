import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });

for await (const chunk of await model.stream('Why do marbles roll?')) process.stdout.write(chunk.text);
