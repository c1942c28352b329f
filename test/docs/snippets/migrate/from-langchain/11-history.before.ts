import { InMemoryChatMessageHistory } from '@langchain/core/chat_history';
import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });
const history = new InMemoryChatMessageHistory();

async function say(content: string) {
  await history.addUserMessage(content);
  const answer = await model.invoke(await history.getMessages());
  await history.addMessage(answer);
  return answer.text;
}

console.log(await say('My name is Ada'));
console.log(await say('What is my name?'));
