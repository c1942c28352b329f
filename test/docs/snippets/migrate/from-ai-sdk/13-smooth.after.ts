import { concatAll } from 'rxjs';
import { bufferChunks, joinDeltas, selectText, splitDeltas } from 'rxllm';
import { openai } from 'rxllm/providers/openai';

openai('gpt-5-mini')
  .stream('Why do marbles roll?')
  .pipe(
    // Joins to whole words, then cuts to single ones at a pace.
    bufferChunks({ boundary: 'word' }),
    joinDeltas(),
    concatAll(),
    splitDeltas({ by: 'word', interval: 5 }),
    selectText(),
  )
  .subscribe((word) => console.log(word.trim()));
