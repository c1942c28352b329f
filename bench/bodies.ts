/** Bodies of answers as each provider streams them, rendered before anything is measured. */
import { recordsJson } from '../test/structured/records.ts';

export const wires = ['chat', 'responses', 'anthropic', 'ollama'] as const;
export type Wire = (typeof wires)[number];

/** Words with what makes decoding hard: quotes, escapes, two, three and four bytes of UTF-8. */
const words = [
  ' the',
  ' quick',
  ' brown',
  ' "fox"',
  ' jumps',
  '\n',
  ' über',
  ' 犬',
  ' 🦊🐾',
  ' lazy\\',
  ' dog',
  '.',
];

/** So many small pieces of text. */
export function piecesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => words[index % words.length] ?? '');
}

/** JSON of records, in pieces of four characters. */
export function jsonPieces(length: number): readonly string[] {
  const text = `{"records":${recordsJson(length)}}`;
  return Array.from({ length: Math.ceil(text.length / 4) }, (_, index) =>
    text.slice(index * 4, index * 4 + 4),
  );
}

/** The events of an answer: what opens it, one for each piece, what closes it. */
export interface Body {
  readonly contentType: string;
  readonly opening: string;
  readonly pieces: readonly string[];
  readonly closing: string;
}

export function render(wire: Wire, pieces: readonly string[]): Body {
  return bodies[wire](pieces);
}

const bodies: Record<Wire, (pieces: readonly string[]) => Body> = {
  chat: (pieces) => {
    const event = (delta: object, reason: string | null = null) =>
      data({
        ...{ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'gpt-5-mini' },
        ...{ service_tier: 'default', system_fingerprint: null },
        choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
        usage: null,
        obfuscation: 'Xq8d3',
      });
    const usage = { prompt_tokens: 9, completion_tokens: pieces.length, total_tokens: pieces.length + 9 };
    return {
      contentType: sse,
      opening: event({ role: 'assistant', content: '', refusal: null }),
      pieces: pieces.map((content) => event({ content })),
      closing: `${event({}, 'stop')}${data({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'gpt-5-mini', choices: [], usage })}data: [DONE]\n\n`,
    };
  },
  responses: (pieces) => {
    let number = 0;
    const event = (type: string, rest: object) =>
      `event: ${type}\n${data({ type, sequence_number: number++, ...rest })}`;
    const place = { item_id: 'msg_1', output_index: 0, content_index: 0 };
    const text = pieces.join('');
    const response = {
      id: 'resp_1',
      object: 'response',
      created_at: 1_760_000_000,
      model: 'gpt-5-mini',
      tools: [],
    };
    const item = { id: 'msg_1', type: 'message', role: 'assistant' };
    const part = { type: 'output_text', annotations: [] };
    const usage = {
      ...{ input_tokens: 9, output_tokens: pieces.length, total_tokens: pieces.length + 9 },
      ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
    };
    return {
      contentType: sse,
      opening: [
        event('response.created', { response: { ...response, status: 'in_progress', output: [] } }),
        event('response.output_item.added', {
          output_index: 0,
          item: { ...item, status: 'in_progress', content: [] },
        }),
        event('response.content_part.added', { ...place, part: { ...part, text: '' } }),
      ].join(''),
      pieces: pieces.map((delta) =>
        event('response.output_text.delta', { ...place, delta, logprobs: [], obfuscation: 'Xq8d3' }),
      ),
      closing: [
        event('response.output_text.done', { ...place, text, logprobs: [] }),
        event('response.content_part.done', { ...place, part: { ...part, text } }),
        event('response.output_item.done', {
          output_index: 0,
          item: { ...item, status: 'completed', content: [{ ...part, text }] },
        }),
        event('response.completed', {
          response: {
            ...response,
            status: 'completed',
            output: [{ ...item, status: 'completed', content: [{ ...part, text }] }],
            usage,
          },
        }),
      ].join(''),
    };
  },
  anthropic: (pieces) => {
    const event = (type: string, rest: object = {}) => `event: ${type}\n${data({ type, ...rest })}`;
    const message = {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      content: [],
    };
    return {
      contentType: sse,
      opening: [
        event('message_start', {
          message: {
            ...message,
            stop_reason: null,
            stop_sequence: null,
            usage: { input_tokens: 9, output_tokens: 1 },
          },
        }),
        event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      ].join(''),
      pieces: pieces.map((text) =>
        event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
      ),
      closing: [
        event('content_block_stop', { index: 0 }),
        event('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: pieces.length },
        }),
        event('message_stop'),
      ].join(''),
    };
  },
  ollama: (pieces) => {
    const line = (content: string, rest: object = { done: false }) =>
      `${JSON.stringify({ model: 'qwen3:4b', created_at: '2026-01-01T00:00:00.000000Z', message: { role: 'assistant', content }, ...rest })}\n`;
    return {
      contentType: 'application/x-ndjson',
      opening: '',
      pieces: pieces.map((piece) => line(piece)),
      closing: line('', {
        ...{ done: true, done_reason: 'stop', total_duration: 1, load_duration: 1, prompt_eval_count: 9 },
        ...{ prompt_eval_duration: 1, eval_count: pieces.length, eval_duration: 1 },
      }),
    };
  },
};

const sse = 'text/event-stream; charset=utf-8';

function data(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}
