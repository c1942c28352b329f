import { openai } from 'rxllm/providers/openai';

openai('gpt-5-mini')
  .stream({ messages: [{ role: 'user', content: 'Is a marble alive?' }], thinkingEffort: 'low' })
  .subscribe((chunk) => {
    if (chunk.type === 'thinking-delta') process.stdout.write(chunk.text);
    if (chunk.type === 'text-delta') process.stdout.write(chunk.text.toUpperCase());
  });
