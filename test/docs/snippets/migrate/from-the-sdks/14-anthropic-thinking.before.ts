import Anthropic from '@anthropic-ai/sdk';

const client = new Anthropic();
const request = {
  model: 'claude-sonnet-5-5',
  max_tokens: 4_096,
  thinking: { type: 'enabled', budget_tokens: 1_024 },
} as const;
const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Is a marble alive?' }];

const stream = client.messages.stream({ ...request, messages });
stream.on('thinking', (delta) => process.stdout.write(delta));
// Its content goes back as it is: the API checks the signature of the thinking.
messages.push(await stream.finalMessage(), { role: 'user', content: 'Sure?' });

console.log('', await client.messages.stream({ ...request, messages }).finalText());
