import { openai } from '@ai-sdk/openai';
import { extractReasoningMiddleware, generateText, wrapLanguageModel } from 'ai';

const model = wrapLanguageModel({
  model: openai.chat('deepseek-r1'),
  middleware: extractReasoningMiddleware({ tagName: 'think' }),
});

const { finalStep, text } = await generateText({ model, prompt: 'Is a marble alive?' });
console.log(finalStep.reasoningText, text.trim());
