import { Ollama } from 'ollama';
import { ollama } from '../../../providers/ollama.ts';
import type { Wire } from './wire.ts';

function line(message: object): object {
  return { model: 'test-1', created_at: '2026-01-01T00:00:00Z', message, done: false };
}

const last = {
  model: 'test-1',
  created_at: '2026-01-01T00:00:01Z',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
  total_duration: 2_000_000,
  prompt_eval_count: 3,
  eval_count: 5,
};

export const ollamaWire: Wire = {
  name: 'ollama',
  create: (url, settings, model = 'test-1') => ollama(model, { host: url, ...settings }),
  createWithClient: (url) => Promise.resolve(ollama('test-1', { client: new Ollama({ host: url }) })),
  contentType: 'application/x-ndjson',
  frame: (event) => `${JSON.stringify(event)}\n`,
  opening: [line({ role: 'assistant', content: '' })],
  text: (text) => [line({ role: 'assistant', content: text })],
  toolCall: [
    line({
      role: 'assistant',
      content: '',
      tool_calls: [{ id: 'call_1', function: { index: 0, name: 'weather', arguments: { city: 'Bern' } } }],
    }),
  ],
  closing: [last],
  closingAfterTool: [last],
  sentinel: '',
  errorEvent: { error: 'server overloaded' },
  whole: { ...last, message: { role: 'assistant', content: 'Hello' } },
  errorBody: { error: 'slow down' },
  rawReason: 'stop',
};
