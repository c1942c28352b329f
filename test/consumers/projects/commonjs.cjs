const { lastValueFrom } = require('rxjs');
const { accumulateText } = require('rxllm');
const { openaiChat } = require('rxllm/providers/openaiChat');

const model = openaiChat('test-1', { apiKey: 'none', baseURL: `${process.argv[2]}/openaiChat` });
lastValueFrom(model.stream('Hello').pipe(accumulateText())).then((text) => console.log(text));
