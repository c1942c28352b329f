import { selectText } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';

anthropic('claude-sonnet-5-5')
  .stream({
    maxTokens: 1_024,
    messages: [
      { role: 'system', content: 'You are brief.' },
      { role: 'user', content: 'Why do marbles roll?' },
    ],
  })
  .pipe(selectText())
  .subscribe((text) => process.stdout.write(text));
