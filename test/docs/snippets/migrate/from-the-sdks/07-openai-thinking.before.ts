import OpenAI from 'openai';

const client = new OpenAI();

const stream = await client.responses.create({
  model: 'gpt-5-mini',
  input: 'Is a marble alive?',
  reasoning: { effort: 'low', summary: 'auto' },
  stream: true,
});
for await (const event of stream) {
  if (event.type === 'response.reasoning_summary_text.delta') process.stdout.write(event.delta);
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta.toUpperCase());
}
