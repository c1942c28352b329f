import { firstValueFrom, tap } from 'rxjs';
import { collectResponse, type Message } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';

const model = anthropic('claude-sonnet-5-5');
const ask = (messages: readonly Message[]) =>
  model.stream({ messages, maxTokens: 4_096, thinkingEffort: 'low' }).pipe(
    tap((chunk) => chunk.type === 'thinking-delta' && process.stdout.write(chunk.text)),
    collectResponse(),
  );

const question: Message = { role: 'user', content: 'Is a marble alive?' };
const { message } = await firstValueFrom(ask([question]));

const { text } = await firstValueFrom(ask([question, message, { role: 'user', content: 'Sure?' }]));
console.log('', text);
