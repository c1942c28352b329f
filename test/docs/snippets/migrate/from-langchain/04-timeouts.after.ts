import { selectText, StreamTimeoutError, withTimeout } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

openaiChat('gpt-5-mini')
  .stream('Tell me a slow story')
  .pipe(withTimeout({ total: 200 }), selectText())
  .subscribe({
    error: (error: unknown) => {
      if (error instanceof StreamTimeoutError) console.log('Late after:', error.partial.text);
    },
  });
