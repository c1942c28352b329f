import { lastValueFrom } from 'rxjs';
import { accumulateText } from 'rxllm';
import { session } from 'rxllm/agents';
import { openaiChat } from 'rxllm/providers/openaiChat';

const chat = session({ model: openaiChat('gpt-5-mini') });
const say = (content: string) => lastValueFrom(chat.send(content).pipe(accumulateText()));

console.log(await say('My name is Ada'));
console.log(await say('What is my name?'));
