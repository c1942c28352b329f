import { lastValueFrom, takeUntil, timer } from 'rxjs';
import { accumulateText } from 'rxllm';
import { ollama } from 'rxllm/providers/ollama';

const text = ollama('qwen3', { host: process.env['OLLAMA_HOST'] ?? '' })
  .stream('Tell me a slow story')
  .pipe(accumulateText(), takeUntil(timer(200)));

console.log(await lastValueFrom(text));
