import { selectText, StreamTimeoutError, withTimeout } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

openai('gpt-5-mini')
  .stream('Tell me a slow story')
  .pipe(withTimeout({ total: 60_000, first: 20_000, each: 200 }), selectText())
  .subscribe({
    error: (error: unknown) => {
      if (error instanceof StreamTimeoutError) console.log('Silence after:', error.partial.text);
    },
  });
