import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });

let text = '';
try {
  // For the whole answer: there is none for silence.
  const stream = await model.stream('Tell me a slow story', { timeout: 200 });
  for await (const chunk of stream) text += chunk.text;
} catch {
  console.log('Late after:', text);
}
