import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({
  model: 'gpt-5-mini',
  useResponsesApi: true,
  reasoning: { effort: 'low', summary: 'auto' },
});

const { contentBlocks } = await model.invoke('Is a marble alive?');
for (const block of contentBlocks) {
  if (block.type === 'reasoning') console.log(block.reasoning);
  if (block.type === 'text') console.log(block.text);
}
