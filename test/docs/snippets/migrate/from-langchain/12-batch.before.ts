import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({ model: 'gpt-5-mini' });
const questions = ['Why do marbles roll?', 'Is a marble alive?'];

const answers = await model.batch(questions, {}, { maxConcurrency: 2, returnExceptions: true });
answers.forEach((answer, index) => {
  console.log(index, answer instanceof Error ? answer.message : answer.text);
});
