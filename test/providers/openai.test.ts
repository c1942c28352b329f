import { AzureOpenAI } from 'openai';
import { lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { openai, type OpenAIOptions } from '../../providers/openai.ts';
import type { ModelRequest } from '../../src/index.ts';
import { opened } from './openaiEvents.ts';

describe('openai', () => {
  /** A model whose requests end here, and what they said. */
  function ask(name: string, options: OpenAIOptions = {}, request: Partial<ModelRequest> = {}) {
    const seen: { url: string; body: Record<string, unknown> }[] = [];
    const fetch: typeof globalThis.fetch = (url, init) => {
      seen.push({
        url: url instanceof Request ? url.url : String(url),
        body: JSON.parse(init?.body as string) as Record<string, unknown>,
      });
      return Promise.resolve(Response.json({ ...opened, status: 'completed', output: [] }));
    };
    const client =
      name === 'deployed'
        ? new AzureOpenAI({ endpoint: 'https://a.example', apiKey: 'key', apiVersion: '1', fetch })
        : undefined;
    const model = openai(name, { apiKey: 'key', fetch, ...options, ...(client && { client }) });
    const request_ = { messages: [{ role: 'user', content: 'Hi' }] as const, ...request };
    return lastValueFrom(model.stream(request_).pipe(toArray())).then((chunks) => ({ chunks, seen }));
  }

  it('asks /responses and streams where the model can', async () => {
    const { chunks, seen } = await ask('gpt-4.1', { baseURL: 'https://a.example/v1' });

    expect(seen).toMatchObject([
      { url: 'https://a.example/v1/responses', body: { model: 'gpt-4.1', stream: true } },
    ]);
    expect(seen[0]?.body).not.toHaveProperty('include');
    expect(chunks.map(({ type }) => type)).toEqual(['start', 'finish']);
  });

  it('asks for the whole answer of a model that cannot stream', async () => {
    const { seen } = await ask('o1-pro');

    expect(seen[0]?.body).toMatchObject({ stream: false, include: ['reasoning.encrypted_content'] });
  });

  it('goes by the capabilities it is given rather than by the name', async () => {
    const capabilities = { thinking: true, streaming: false };
    const { seen } = await ask('deployed', { capabilities });

    expect(seen[0]).toMatchObject({
      url: 'https://a.example/openai/responses?api-version=1',
      body: { model: 'deployed', stream: false, include: ['reasoning.encrypted_content'] },
    });
  });

  it.each([
    ['gpt-5-mini', { thinking: true, streaming: true, images: true }],
    ['gpt-5-chat-latest', { thinking: false }],
    ['gpt-4o', { thinking: false, images: true }],
    ['o3-mini', { thinking: true, images: false }],
    ['o3-pro', { thinking: true, streaming: false, images: true }],
    ['grok-4-fast-non-reasoning', { thinking: false }],
  ])('guesses what %s can do', (name, expected) => {
    expect(openai(name).capabilities).toMatchObject({
      tools: true,
      parallelTools: true,
      structuredOutput: true,
      ...expected,
    });
  });
});
