import OpenAI from 'openai';

const client = new OpenAI({ maxRetries: 0 });

try {
  const messages = [{ role: 'user' as const, content: 'Too much' }];
  await client.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true });
} catch (error) {
  if (error instanceof OpenAI.RateLimitError) {
    console.log(error.status, error.code, 'again in', Number(error.headers.get('retry-after')) * 1_000);
  }
}
