import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { ChatOpenAI } from '@langchain/openai';

const prompt = ChatPromptTemplate.fromMessages([
  ['system', 'You are {manner}.'],
  ['user', 'Why do {things} roll?'],
]);
const chain = prompt.pipe(new ChatOpenAI({ model: 'gpt-5-mini' })).pipe(new StringOutputParser());

const stream = await chain.stream({ manner: 'brief', things: 'marbles' });
for await (const text of stream) process.stdout.write(text);
