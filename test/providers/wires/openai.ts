import OpenAI from 'openai';
import { openai } from '../../../providers/openai.ts';
import type { Wire } from './wire.ts';

const usage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 8,
};

const opened = { id: 'answer-1', object: 'response', model: 'test-1', status: 'in_progress', output: [] };
const completed = { ...opened, status: 'completed', usage };

const call = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '' };

export const openaiWire: Wire = {
  name: 'openai',
  create: (url, settings, model = 'test-1') => openai(model, { baseURL: url, apiKey: 'key', ...settings }),
  createWithClient: (url) =>
    Promise.resolve(openai('test-1', { client: new OpenAI({ baseURL: url, apiKey: 'key' }) })),
  contentType: 'text/event-stream',
  frame: (event) =>
    `event: ${(event as { type?: string }).type ?? 'message'}\ndata: ${JSON.stringify(event)}\n\n`,
  opening: [
    { type: 'response.created', response: opened },
    { type: 'response.in_progress', response: opened },
  ],
  text: (text) => [{ type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: text }],
  toolCall: [
    { type: 'response.output_item.added', output_index: 0, item: { ...call, status: 'in_progress' } },
    { type: 'response.function_call_arguments.delta', output_index: 0, delta: '{"city":' },
    { type: 'response.function_call_arguments.delta', output_index: 0, delta: '"Bern"}' },
    { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"city":"Bern"}' },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...call, status: 'completed', arguments: '{"city":"Bern"}' },
    },
  ],
  closing: [{ type: 'response.completed', response: completed }],
  closingAfterTool: [{ type: 'response.completed', response: completed }],
  sentinel: '',
  errorEvent: {
    type: 'error',
    error: { type: 'server_error', code: 'server_error', message: 'server overloaded' },
  },
  whole: {
    ...completed,
    output: [
      {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
      },
    ],
  },
  errorBody: { error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' } },
  rawReason: 'completed',
};
