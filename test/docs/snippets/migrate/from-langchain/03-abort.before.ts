import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });

let text = '';
try {
  const stream = await model.stream('Tell me a slow story', { signal: AbortSignal.timeout(200) });
  for await (const chunk of stream) text += chunk.text;
} catch {
  console.log(text, 'aborted');
}
