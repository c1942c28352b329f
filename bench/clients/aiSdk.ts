/** The AI SDK, `streamText` and its `textStream`. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { type LanguageModel, Output, streamText } from 'ai';
import { createOllama } from 'ollama-ai-provider-v2';
import { z } from 'zod';
import { type Client, iterate, type MakeClient, prompt } from './client.ts';

const schema = z.object({ records: z.array(z.object({ id: z.number(), name: z.string() }).loose()) });

const client = (model: LanguageModel): Client => ({
  ...iterate(
    () => streamText({ model, prompt, maxRetries: 0 }).textStream,
    (text) => text,
  ),
  readObject: async () => {
    let last: unknown;
    const { partialOutputStream } = streamText({
      model,
      prompt,
      maxRetries: 0,
      output: Output.object({ schema }),
    });
    for await (const value of partialOutputStream) last = value;
    return last;
  },
});

export const make: MakeClient = {
  chat: (url) => client(createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).chat('gpt-5-mini')),
  responses: (url) => client(createOpenAI({ apiKey: 'none', baseURL: `${url}/v1` }).responses('gpt-5-mini')),
  anthropic: (url) => client(createAnthropic({ apiKey: 'none', baseURL: `${url}/v1` })('claude-sonnet-5')),
  ollama: (url) => client(createOllama({ baseURL: `${url}/api` })('qwen3:4b')),
};
