import { openai } from '@ai-sdk/openai';
import { generateText } from 'ai';

const { usage } = await generateText({ model: openai('gpt-5-mini'), prompt: 'Why do marbles roll?' });

const { inputTokens = 0, outputTokens = 0, totalTokens } = usage;
// Dollars for a million tokens.
console.log(totalTokens, (inputTokens * 0.25 + outputTokens * 2) / 1e6);
