import { type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';

const weather = tool(({ city }) => `snow in ${city}`, {
  name: 'weather',
  description: 'Tells the weather of a city',
  schema: z.object({ city: z.string() }),
});
const model = new ChatOpenAI({ model: 'gpt-5-mini' }).bindTools([weather]);

const messages: BaseMessage[] = [new HumanMessage('Do I need a coat in Bern?')];
for (let round = 0; round < 5; round++) {
  const answer = await model.invoke(messages);
  messages.push(answer);
  if (!answer.tool_calls?.length) break;
  for (const call of answer.tool_calls) messages.push(await weather.invoke({ ...call, type: 'tool_call' }));
}
for (const message of messages.slice(2)) console.log(message.text);
