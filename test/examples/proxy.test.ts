import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import OpenAI, { BadRequestError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const said =
  'Let me look at both.\n\nIt is warmer in Oslo: 4 °C and sunny, against −2 °C and light snow in Bern.';

describe('npm run example -- proxy', { timeout: 30_000 }, () => {
  const path = (name: string) => new URL(name, import.meta.url).pathname;
  const model = 'assistant';
  const messages = [{ role: 'user', content: 'Is it warmer in Bern or in Oslo?' }] as const;
  let child: ReturnType<typeof spawn>;
  let client: OpenAI;

  beforeAll(async () => {
    const args = ['--import', path('sources.ts'), path('../../examples/proxy.ts'), '--port', '0'];
    const started = spawn(process.execPath, args, { env: { PATH: process.env['PATH'] } });
    child = started;
    const [line] = (await once(createInterface(started.stderr), 'line')) as [string];
    client = new OpenAI({ baseURL: /http\S+\/v1/.exec(line)?.[0], apiKey: 'none', maxRetries: 0 });
  }, 30_000);

  afterAll(() => child.kill());

  it('streams the answer of the agent as that of one model', async () => {
    const stream = client.chat.completions.stream({
      model,
      messages: [...messages],
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    stream.on('content', (piece) => pieces.push(piece));
    const { choices, usage } = await stream.finalChatCompletion();

    expect(pieces.length).toBeGreaterThan(3);
    expect(choices).toMatchObject([{ finish_reason: 'stop', message: { content: pieces.join('') } }]);
    expect(choices[0]?.message.tool_calls ?? []).toStrictEqual([]);
    expect(choices[0]?.message.content).toBe(said);
    expect(usage?.total_tokens).toBeGreaterThan(0);
  });

  it('gives it whole, names its model, and refuses what it cannot do', async () => {
    const { choices } = await client.chat.completions.create({ model, messages: [...messages] });

    expect(choices[0]?.message.content).toBe(said);
    expect((await client.models.list()).data).toMatchObject([{ id: model }]);
    await expect(client.chat.completions.create({ model, messages: [...messages], n: 3 })).rejects.toThrow(
      BadRequestError,
    );
  });

  it('ends at Ctrl-C', async () => {
    const ended = once(child, 'close');
    child.kill('SIGINT');

    expect(await ended).toEqual([130, null]);
  });
});
