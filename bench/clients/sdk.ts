/** The official SDKs and their plain iterators. */
import { Anthropic } from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import { OpenAI } from 'openai';
import { type Client, iterate, type MakeClient, messages, prompt } from './client.ts';

/** Parses at the end: the SDKs' iterators have no partial values. */
const withObject = (client: Client): Client => ({
  ...client,
  readObject: async () => JSON.parse(await client.read()) as unknown,
});

export const make: MakeClient = {
  chat: (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
    return withObject(
      iterate(
        () => client.chat.completions.create({ model: 'gpt-5-mini', messages, stream: true }),
        (chunk) => chunk.choices[0]?.delta.content ?? '',
      ),
    );
  },
  responses: (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
    return withObject(
      iterate(
        () => client.responses.create({ model: 'gpt-5-mini', input: prompt, stream: true }),
        (event) => (event.type === 'response.output_text.delta' ? event.delta : ''),
      ),
    );
  },
  anthropic: (url) => {
    const client = new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 });
    const request = { model: 'claude-sonnet-5', max_tokens: 64_000, messages, stream: true as const };
    return withObject(
      iterate(
        () => client.messages.create(request),
        (event) =>
          event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
      ),
    );
  },
  ollama: (url) => {
    const client = new Ollama({ host: url });
    return withObject(
      iterate(
        () => client.chat({ model: 'qwen3:4b', messages, stream: true }),
        ({ message }) => message.content,
      ),
    );
  },
};
