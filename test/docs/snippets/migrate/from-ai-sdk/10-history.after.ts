import { lastValueFrom } from 'rxjs';
import { accumulateText } from 'rxllm';
import { session } from 'rxllm/agents';
import { openai } from 'rxllm/providers/openai';

const chat = session({ model: openai('gpt-5-mini') });
const say = (content: string) => lastValueFrom(chat.send(content).pipe(accumulateText()));

console.log(await say('My name is Ada'));
console.log(await say('What is my name?'));
