import { ProviderError } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

openai('gpt-5-mini')
  .stream('Too much')
  .subscribe({
    error: (error: unknown) => {
      if (error instanceof ProviderError && error.retryable) {
        console.log(error.status, 'again in', error.retryAfter);
      }
    },
  });
