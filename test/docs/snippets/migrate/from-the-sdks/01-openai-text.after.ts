import { selectText } from 'rxllm';
import { openaiChat } from 'rxllm/providers/openaiChat';

const model = openaiChat('gpt-5-mini');

model
  .stream('Why do marbles roll?')
  .pipe(selectText())
  .subscribe((text) => process.stdout.write(text));
