import { streamBatch } from 'rxllm/models';
import { openaiChat } from 'rxllm/providers/openaiChat';

const questions = ['Why do marbles roll?', 'Is a marble alive?'];

streamBatch(questions, openaiChat('gpt-5-mini'), { concurrency: 2, order: 'given' }).subscribe((chunk) => {
  if (chunk.type === 'item-finish') console.log(chunk.index, chunk.response.text);
  if (chunk.type === 'item-error') console.log(chunk.index, chunk.error.message);
});
