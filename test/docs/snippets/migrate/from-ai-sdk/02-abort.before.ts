import { openai } from '@ai-sdk/openai';
import { streamText } from 'ai';

let text = '';
const { stream } = streamText({
  model: openai('gpt-5-mini'),
  prompt: 'Tell me a slow story',
  abortSignal: AbortSignal.timeout(200),
});
// `text` rejects and `onAbort` tells only whole steps, so what had come must be kept by hand.
for await (const part of stream) {
  if (part.type === 'text-delta') text += part.text;
  if (part.type === 'abort') console.log(text, 'aborted');
}
