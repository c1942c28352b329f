import { firstValueFrom, lastValueFrom, map } from 'rxjs';
import type { LanguageModel } from 'rxllm';
import { accumulateObject, accumulateText, selectText } from 'rxllm/operators';
import { anthropic } from 'rxllm/providers/anthropic';
import { ollama } from 'rxllm/providers/ollama';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { z } from 'zod';
import { type Client, type MakeClient, prompt } from './client.ts';

const anything = z.unknown();

const client = (model: LanguageModel): Client => ({
  read: () => lastValueFrom(model.stream(prompt).pipe(accumulateText())),
  first: () =>
    firstValueFrom(
      model.stream(prompt).pipe(
        selectText(),
        map(() => performance.now()),
      ),
    ),
  readObject: async () => (await lastValueFrom(model.stream(prompt).pipe(accumulateObject(anything)))).value,
});

export const make: MakeClient = {
  chat: (url) => client(openaiChat('gpt-5-mini', { apiKey: 'none', baseURL: `${url}/v1` })),
  responses: (url) => client(openai('gpt-5-mini', { apiKey: 'none', baseURL: `${url}/v1` })),
  anthropic: (url) => client(anthropic('claude-sonnet-5', { apiKey: 'none', baseURL: url })),
  ollama: (url) => client(ollama('qwen3:4b', { host: url })),
};
