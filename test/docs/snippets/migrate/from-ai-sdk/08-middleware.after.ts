import { firstValueFrom } from 'rxjs';
import { collectResponse, splitThinking } from 'rxllm';
import { pipeModel } from 'rxllm/models';
import { openaiChat } from 'rxllm/providers/openaiChat';

const model = pipeModel(openaiChat('deepseek-r1'), splitThinking());

const { thinking, text } = await firstValueFrom(model.stream('Is a marble alive?').pipe(collectResponse()));
console.log(thinking, text.trim());
