/** LangChain.js, `model.stream`. */
import { ChatAnthropic } from '@langchain/anthropic';
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { ChatOllama } from '@langchain/ollama';
import { ChatOpenAI } from '@langchain/openai';
import { type Client, iterate, type MakeClient, prompt } from './client.ts';

const client = (model: BaseChatModel): Client =>
  iterate(
    () => model.stream(prompt),
    (chunk) => chunk.text,
  );

export const make: MakeClient = {
  chat: (url) =>
    client(
      new ChatOpenAI({
        model: 'gpt-4.1-mini',
        apiKey: 'none',
        maxRetries: 0,
        configuration: { baseURL: `${url}/v1` },
      }),
    ),
  responses: (url) =>
    client(
      new ChatOpenAI({
        ...{ model: 'gpt-4.1-mini', apiKey: 'none', maxRetries: 0, useResponsesApi: true },
        configuration: { baseURL: `${url}/v1` },
      }),
    ),
  anthropic: (url) =>
    client(
      new ChatAnthropic({ model: 'claude-sonnet-4-5', apiKey: 'none', maxRetries: 0, anthropicApiUrl: url }),
    ),
  ollama: (url) => client(new ChatOllama({ model: 'qwen3:4b', baseUrl: url, maxRetries: 0 })),
};
