import { openai } from '@ai-sdk/openai';
import { generateText, type ModelMessage } from 'ai';

const messages: ModelMessage[] = [];

async function say(content: string) {
  messages.push({ role: 'user', content });
  const { text, responseMessages } = await generateText({ model: openai('gpt-5-mini'), messages });
  messages.push(...responseMessages);
  return text;
}

console.log(await say('My name is Ada'));
console.log(await say('What is my name?'));
