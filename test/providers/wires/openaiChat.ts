import OpenAI from 'openai';
import { openaiChat } from '../../../providers/openaiChat.ts';
import type { Wire } from './wire.ts';

const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 };

function chunk(delta: object, finish: string | null = null): object {
  return { id: 'answer-1', model: 'test-1', choices: [{ index: 0, delta, finish_reason: finish }] };
}

function closing(finish: string): object[] {
  return [chunk({}, finish), { id: 'answer-1', model: 'test-1', choices: [], usage }];
}

export const openaiChatWire: Wire = {
  name: 'openaiChat',
  create: (url, settings, model = 'test-1') =>
    openaiChat(model, { baseURL: url, apiKey: 'key', ...settings }),
  createWithClient: (url) =>
    Promise.resolve(openaiChat('test-1', { client: new OpenAI({ baseURL: url, apiKey: 'key' }) })),
  contentType: 'text/event-stream',
  frame: (event) => `data: ${JSON.stringify(event)}\n\n`,
  opening: [chunk({ role: 'assistant', content: '' })],
  text: (text) => [chunk({ content: text })],
  toolCall: [
    chunk({
      tool_calls: [
        { index: 0, id: 'call_1', type: 'function', function: { name: 'weather', arguments: '' } },
      ],
    }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '"Bern"}' } }] }),
  ],
  closing: closing('stop'),
  closingAfterTool: closing('tool_calls'),
  sentinel: 'data: [DONE]\n\n',
  errorEvent: { error: { message: 'server overloaded', type: 'server_error', code: null } },
  whole: {
    id: 'answer-1',
    object: 'chat.completion',
    model: 'test-1',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
    usage,
  },
  errorBody: { error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
  rawReason: 'stop',
};
