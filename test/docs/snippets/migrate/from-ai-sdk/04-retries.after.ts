import { lastValueFrom } from 'rxjs';
import { accumulateText, retryStream } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

const text = openai('gpt-5-mini')
  .stream('Do marbles break?')
  .pipe(retryStream({ count: 2, delay: 10 }), accumulateText());

console.log(await lastValueFrom(text));
