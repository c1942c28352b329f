import OpenAI from 'openai';

// For what fails before the answer begins; an answer that breaks off is up to us.
const client = new OpenAI({ maxRetries: 2 });

async function ask(content: string, attempt = 1): Promise<string> {
  let text = '';
  try {
    const messages = [{ role: 'user', content }] as const;
    const stream = await client.chat.completions.create({
      model: 'gpt-5-mini',
      messages: [...messages],
      stream: true,
    });
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  } catch (error) {
    if (attempt > 2) throw error;
    await new Promise((resolve) => setTimeout(resolve, 10));
    return ask(content, attempt + 1);
  }
}
console.log(await ask('Do marbles break?'));
