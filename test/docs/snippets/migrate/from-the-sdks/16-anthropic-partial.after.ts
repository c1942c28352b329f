import { isRxllmError } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';

anthropic('claude-sonnet-5-5')
  .stream('Break off')
  .subscribe({
    error: (error: unknown) => isRxllmError(error) && console.log(error.retryable, error.partial.text),
  });
