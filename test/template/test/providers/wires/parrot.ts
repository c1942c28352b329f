import { parrot } from '../../../providers/parrot.ts';
import type { Wire } from '../../../../providers/wires/wire.ts';

const tokens = { in: 3, out: 5 };

export const parrotWire: Wire = {
  name: 'parrot',
  create: (url, settings, model = 'test-1') => parrot(model, { host: url, ...settings }),
  contentType: 'application/x-ndjson',
  frame: (event) => `${JSON.stringify(event)}\n`,
  opening: [{ id: 'answer-1' }],
  text: (text) => [{ say: text }],
  toolCall: [{ call: { id: 'call_1', name: 'weather', arguments: '{"city":"Bern"}' } }],
  closing: [{ tokens }, { end: 'said' }],
  closingAfterTool: [{ tokens }, { end: 'called' }],
  sentinel: '',
  errorEvent: { error: 'server overloaded' },
  whole: { id: 'answer-1', say: 'Hello', tokens, end: 'said' },
  errorBody: { error: 'slow down' },
  rawReason: 'said',
};
