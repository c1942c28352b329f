/** The `.stream()` helpers of the official SDKs. */
import { Anthropic } from '@anthropic-ai/sdk';
import { OpenAI } from 'openai';
import { type Client, iterate, type MakeClient, messages, prompt } from './client.ts';

export const make: MakeClient = {
  chat: (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
    return iterate(
      () => client.chat.completions.stream({ model: 'gpt-5-mini', messages }),
      (chunk) => chunk.choices[0]?.delta.content ?? '',
    );
  },
  responses: (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
    return iterate(
      () => client.responses.stream({ model: 'gpt-5-mini', input: prompt }),
      (event) => (event.type === 'response.output_text.delta' ? event.delta : ''),
    );
  },
  anthropic: (url): Client => {
    const client = new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0 });
    return iterate(
      () => client.messages.stream({ model: 'claude-sonnet-5', max_tokens: 64_000, messages }),
      (event) =>
        event.type === 'content_block_delta' && event.delta.type === 'text_delta' ? event.delta.text : '',
    );
  },
};
