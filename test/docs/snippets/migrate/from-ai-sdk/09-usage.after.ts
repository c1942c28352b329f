import { firstValueFrom } from 'rxjs';
import { collectResponse, costOf } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

const answer = openai('gpt-5-mini').stream('Why do marbles roll?').pipe(collectResponse());
const { usage } = await firstValueFrom(answer);

console.log(usage?.totalTokens, costOf(usage, { input: 0.25, output: 2 }));
