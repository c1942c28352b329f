import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic();

const stream = client.messages.stream({
  model: 'claude-sonnet-5-5',
  max_tokens: 1_024,
  messages: [{ role: 'user', content: 'Break off' }],
});
try {
  await stream.done();
} catch (error) {
  const [block] = stream.currentMessage?.content ?? [];
  if (block?.type === 'text') console.log(error instanceof Anthropic.AnthropicError, block.text);
}
