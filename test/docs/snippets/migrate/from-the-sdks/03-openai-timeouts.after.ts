import { selectText, StreamTimeoutError, withTimeout } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

openaiChat('gpt-5-mini')
  .stream('Tell me a slow story')
  .pipe(withTimeout({ first: 20_000, each: 200 }), selectText())
  .subscribe({
    error: (error: unknown) => {
      if (error instanceof StreamTimeoutError) console.log('Silence after:', error.partial.text);
    },
  });
