import { lastValueFrom } from 'rxjs';
import { accumulateText } from 'rxllm';
import { fallbackTo } from 'rxllm/models';
import { openaiChat } from 'rxllm/providers/openaiChat';

const model = fallbackTo(openaiChat('gpt-busy'), openaiChat('gpt-5-mini'));

console.log(await lastValueFrom(model.stream('Who answers?').pipe(accumulateText())));
