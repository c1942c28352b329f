import { firstValueFrom } from 'rxjs';
import { collectResponse, interruptOn } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

const stop = AbortSignal.timeout(200);

const answer = openaiChat('gpt-5-mini')
  .stream('Tell me a slow story')
  .pipe(interruptOn(stop), collectResponse());
const { text, finishReason } = await firstValueFrom(answer);
console.log(text, finishReason);
