/** The pipeline of the README: one question, with limits and retries. Needs OPENAI_API_KEY. */
import { command } from './start/command.ts';
import { printableConsole as console } from './start/printableConsole.ts';
import { accumulateText, type RxllmError, retryStream, splitThinking, withTimeout } from 'rxllm';
import { pipeModel } from 'rxllm/models';
import { openaiChat } from 'rxllm/providers/openaiChat';

const model = pipeModel(
  openaiChat('gpt-5-mini'),
  withTimeout({ first: 20_000, each: 10_000 }),
  retryStream({ count: 3 }),
  splitThinking(),
);

model
  .stream('Tell me a joke about marbles')
  .pipe(accumulateText())
  .subscribe({
    next: (text) => console.log(text),
    error: ({ message, partial }: RxllmError) => console.error(message, 'So far:', partial.text),
  });

// Before anything is sent: that takes a turn of the event loop.
command('joke', 'One question to a real model. Needs OPENAI_API_KEY.').parse();
