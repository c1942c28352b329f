import { Anthropic } from '@anthropic-ai/sdk';
import { anthropic } from '../../../providers/anthropic.ts';
import type { Wire } from './wire.ts';

function message(content: object[], stopReason: string | null, outputTokens: number): object {
  return {
    id: 'answer-1',
    type: 'message',
    role: 'assistant',
    model: 'test-1',
    content,
    stop_reason: stopReason,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: outputTokens },
  };
}

function blockStart(index: number, block: object): object {
  return { type: 'content_block_start', index, content_block: block };
}

function delta(index: number, inner: object): object {
  return { type: 'content_block_delta', index, delta: inner };
}

function closing(index: number, stopReason: string): object[] {
  return [
    { type: 'content_block_stop', index },
    {
      type: 'message_delta',
      delta: { stop_reason: stopReason, stop_sequence: null },
      usage: { output_tokens: 5 },
    },
    { type: 'message_stop' },
  ];
}

export const anthropicWire: Wire = {
  name: 'anthropic',
  create: (url, settings, model = 'test-1') => anthropic(model, { baseURL: url, apiKey: 'key', ...settings }),
  createWithClient: (url) =>
    Promise.resolve(anthropic('test-1', { client: new Anthropic({ baseURL: url, apiKey: 'key' }) })),
  contentType: 'text/event-stream',
  frame: (event) => `event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`,
  opening: [
    { type: 'message_start', message: message([], null, 1) },
    blockStart(0, { type: 'text', text: '' }),
    { type: 'ping' },
  ],
  text: (text) => [delta(0, { type: 'text_delta', text })],
  toolCall: [
    { type: 'content_block_stop', index: 0 },
    blockStart(1, { type: 'tool_use', id: 'call_1', name: 'weather', input: {} }),
    delta(1, { type: 'input_json_delta', partial_json: '' }),
    delta(1, { type: 'input_json_delta', partial_json: '{"city":' }),
    delta(1, { type: 'input_json_delta', partial_json: '"Bern"}' }),
  ],
  closing: closing(0, 'end_turn'),
  closingAfterTool: closing(1, 'tool_use'),
  sentinel: '',
  errorEvent: { type: 'error', error: { type: 'overloaded_error', message: 'server overloaded' } },
  whole: message([{ type: 'text', text: 'Hello' }], 'end_turn', 5),
  errorBody: { type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } },
  rawReason: 'end_turn',
};
