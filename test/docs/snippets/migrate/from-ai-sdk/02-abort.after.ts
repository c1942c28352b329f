import { firstValueFrom } from 'rxjs';
import { collectResponse, interruptOn } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

const answer = openai('gpt-5-mini')
  .stream('Tell me a slow story')
  .pipe(interruptOn(AbortSignal.timeout(200)), collectResponse());
const { text, finishReason } = await firstValueFrom(answer);

console.log(text, finishReason);
