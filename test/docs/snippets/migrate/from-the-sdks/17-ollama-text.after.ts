import { selectText } from 'rxllm';
import { ollama } from 'rxllm/providers/ollama';

const model = ollama('qwen3', { host: process.env['OLLAMA_HOST'] ?? '' });

model
  .stream({
    messages: [{ role: 'user', content: 'Why do marbles roll?' }],
    temperature: 0,
    providerOptions: { options: { num_ctx: 16_384 } },
  })
  .pipe(selectText())
  .subscribe((text) => process.stdout.write(text));
