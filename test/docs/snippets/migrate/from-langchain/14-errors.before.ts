import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini', maxRetries: 0 });

try {
  await model.invoke('Too much');
} catch (error) {
  const { status, headers } = error as { status?: number; headers?: Headers };
  if (status === 429) console.log(status, 'again in', Number(headers?.get('retry-after')) * 1_000);
}
