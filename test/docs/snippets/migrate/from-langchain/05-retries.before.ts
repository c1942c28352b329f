import { StringOutputParser } from '@langchain/core/output_parsers';
import { RunnableLambda } from '@langchain/core/runnables';
import { ChatOpenAI } from '@langchain/openai';

const chain = new ChatOpenAI({ model: 'gpt-5-mini' }).pipe(new StringOutputParser());

// `chain.withRetry().stream()` tries once; what is retried must be a whole call.
const ask = RunnableLambda.from(async (question: string) => {
  let text = '';
  for await (const piece of await chain.stream(question)) text += piece;
  return text;
}).withRetry({ stopAfterAttempt: 3 });
console.log(await ask.invoke('Do marbles break?'));
