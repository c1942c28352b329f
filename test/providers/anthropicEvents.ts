import { from, lastValueFrom, toArray } from 'rxjs';
import { z } from 'zod';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/anthropic/events.ts';
import { toBody } from '../../providers/anthropic/request.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { AssistantPart, Message } from '../../src/message.ts';
import type { ModelRequest } from '../../src/request.ts';
import { ResponseBuilder } from '../../src/response.ts';

/** The chunks of a stream of events, as the driver asks for them; their grammar is checked. */
export async function map(
  ...events: (object | readonly [event: object, name: string])[]
): Promise<readonly StreamChunk[]> {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), { provider: 'anthropic', model: 'asked-1' });
  const atSentinel = events.some((entry) => {
    const [event, name] = Array.isArray(entry) ? (entry as [object, string]) : [entry, undefined];
    return mapper.event(event, name);
  });
  const finish = mapper.finish(atSentinel);
  if (!finish) return chunks;
  return lastValueFrom(from([...chunks, finish]).pipe(verifyGrammar(), toArray()));
}

export function ofType<T extends StreamChunk['type']>(
  chunks: readonly StreamChunk[],
  ...types: T[]
): Extract<StreamChunk, { type: T }>[] {
  return chunks.filter((chunk): chunk is Extract<StreamChunk, { type: T }> =>
    (types as string[]).includes(chunk.type),
  );
}

export function partsOf(chunks: readonly StreamChunk[]): readonly AssistantPart[] {
  const response = new ResponseBuilder();
  for (const chunk of chunks) response.add(chunk);
  return response.message.content as readonly AssistantPart[];
}

export const head = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    model: 'claude-test',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 4, cache_creation_input_tokens: 2, output_tokens: 1 },
  },
};
export const stop = { type: 'message_stop' };
export const ping = { type: 'ping' };

export function block(index: number, content: object, ...deltas: object[]): object[] {
  return [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export function json(text: string): object {
  return { type: 'input_json_delta', partial_json: text };
}

export function ending(stopReason: string | null, more: object = {}): object {
  return {
    type: 'message_delta',
    delta: { stop_reason: stopReason, ...more },
    usage: { output_tokens: 7 },
  };
}

export const weather = { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} };
export const search = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} };
export const found = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', url: 'https://bern.ch', title: 'Bern', encrypted_content: 'x' }],
};

export const weatherTool = {
  name: 'weather',
  description: 'Tells',
  parameters: z.object({ city: z.string() }),
};

export function body(request: Partial<ModelRequest>, model = 'claude-sonnet-5-5'): Record<string, unknown> {
  const messages: Message[] = [{ role: 'user', content: 'Hi' }];
  return JSON.parse(JSON.stringify(toBody(model, { messages, stream: true, ...request }))) as Record<
    string,
    unknown
  >;
}

export function turns(...messages: Message[]): unknown {
  return body({ messages })['messages'];
}
