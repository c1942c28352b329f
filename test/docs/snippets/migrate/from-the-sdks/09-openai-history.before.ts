import OpenAI from 'openai';

const client = new OpenAI();
const messages: OpenAI.ChatCompletionMessageParam[] = [];

async function say(content: string) {
  messages.push({ role: 'user', content });
  const stream = client.chat.completions.stream({ model: 'gpt-5-mini', messages });
  messages.push(await stream.finalMessage());
  return stream.finalContent();
}

console.log(await say('My name is Ada'));
console.log(await say('What is my name?'));
