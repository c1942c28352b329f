import { ProviderError } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

openaiChat('gpt-5-mini')
  .stream('Too much')
  .subscribe({
    error: (error: unknown) => {
      if (error instanceof ProviderError && error.retryable) {
        console.log(error.status, error.code, 'again in', error.retryAfter);
      }
    },
  });
