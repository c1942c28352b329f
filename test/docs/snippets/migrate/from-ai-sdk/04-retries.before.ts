import { openai } from '@ai-sdk/openai';
import { streamText } from 'ai';

async function ask(prompt: string, attempt = 1): Promise<string> {
  // `maxRetries` ends with the first chunk, `streamRetries` is for errors that the server tells in the stream.
  const { stream } = streamText({ model: openai('gpt-5-mini'), prompt, maxRetries: 2, streamRetries: 2 });
  let text = '';
  try {
    for await (const part of stream) if (part.type === 'text-delta') text += part.text;
    return text;
  } catch (error) {
    if (attempt > 2) throw error;
    return ask(prompt, attempt + 1);
  }
}
console.log(await ask('Do marbles break?'));
