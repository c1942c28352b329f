import { firstValueFrom } from 'rxjs';
import { collectResponse, costOf } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

const answer = openaiChat('gpt-5-mini').stream('Why do marbles roll?').pipe(collectResponse());
const { usage } = await firstValueFrom(answer);

console.log(usage?.totalTokens, costOf(usage, { input: 0.25, output: 2 }));
