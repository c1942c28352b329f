import { firstValueFrom } from 'rxjs';
import { collectResponse } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

const answer = openai('gpt-5-mini')
  .stream({ messages: [{ role: 'user', content: 'Is a marble alive?' }], thinkingEffort: 'low' })
  .pipe(collectResponse());

const { thinking, text } = await firstValueFrom(answer);
console.log(thinking);
console.log(text);
