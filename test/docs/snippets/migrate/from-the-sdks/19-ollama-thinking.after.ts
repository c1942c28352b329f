import { firstValueFrom } from 'rxjs';
import { collectResponse, splitThinking } from 'rxllm';
import { ollama } from 'rxllm/providers/ollama';

const answer = ollama('deepseek-r1', { host: process.env['OLLAMA_HOST'] ?? '' })
  .stream('Is a marble alive?')
  .pipe(splitThinking(), collectResponse());
const { text } = await firstValueFrom(answer);
console.log(text.trim());
