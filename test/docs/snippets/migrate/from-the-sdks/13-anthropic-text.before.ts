import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic();

const stream = client.messages
  .stream({
    model: 'claude-sonnet-5-5',
    max_tokens: 1_024,
    system: 'You are brief.',
    messages: [{ role: 'user', content: 'Why do marbles roll?' }],
  })
  .on('text', (text) => process.stdout.write(text));
await stream.done();
