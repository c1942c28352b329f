import OpenAI from 'openai';

const client = new OpenAI();

const stream = await client.chat.completions.create({
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: 'Why do marbles roll?' }],
  stream: true,
  stream_options: { include_usage: true },
});
for await (const { usage } of stream) {
  // Dollars for a million tokens.
  if (usage)
    console.log(usage.total_tokens, (usage.prompt_tokens * 0.25 + usage.completion_tokens * 2) / 1e6);
}
