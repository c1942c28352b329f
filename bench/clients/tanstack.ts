/** TanStack AI, `chat` and its stream of events. */
import { chat } from '@tanstack/ai';
import { createAnthropicChat } from '@tanstack/ai-anthropic';
import { createOpenaiChat, createOpenaiChatCompletions } from '@tanstack/ai-openai';
import { type Client, iterate, type MakeClient, messages } from './client.ts';

const client = (adapter: Parameters<typeof chat>[0]['adapter']): Client =>
  iterate(
    () => chat({ adapter, messages }) as AsyncIterable<{ readonly type: string; readonly delta?: string }>,
    ({ type, delta }) => (type === 'TEXT_MESSAGE_CONTENT' ? delta : ''),
  );

export const make: MakeClient = {
  chat: (url) => client(createOpenaiChatCompletions('gpt-5-mini', 'none', { baseURL: `${url}/v1` })),
  responses: (url) => client(createOpenaiChat('gpt-5-mini', 'none', { baseURL: `${url}/v1` })),
  anthropic: (url) => client(createAnthropicChat('claude-sonnet-4-5', 'none', { baseURL: url })),
};
