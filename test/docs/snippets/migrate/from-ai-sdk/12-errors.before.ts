import { openai } from '@ai-sdk/openai';
import { APICallError, generateText } from 'ai';

try {
  await generateText({ model: openai('gpt-5-mini'), prompt: 'Too much', maxRetries: 0 });
} catch (error) {
  if (APICallError.isInstance(error) && error.isRetryable) {
    console.log(error.statusCode, 'again in', Number(error.responseHeaders?.['retry-after']) * 1_000);
  }
}
