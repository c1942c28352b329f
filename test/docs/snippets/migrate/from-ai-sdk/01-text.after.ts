import { selectText } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

const text = openai('gpt-5-mini').stream('Why do marbles roll?').pipe(selectText());

text.subscribe((piece) => process.stdout.write(piece));
