import { from } from 'rxjs';
import { expect } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/openai/events.ts';
import { toBody } from '../../providers/openai/request.ts';
import type { WireError } from '../../providers/wire/wireError.ts';
import type { AssistantMessage, FinishChunk, Message, StreamChunk } from '../../src/index.ts';
import { ResponseBuilder } from '../../src/response.ts';

export const facts = { provider: 'openai', model: 'asked' };
export const opened = {
  id: 'resp_1',
  object: 'response',
  model: 'test-1',
  status: 'in_progress',
  output: [],
};
export const created = { type: 'response.created', response: opened };
export const usage = {
  input_tokens: 3,
  input_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 4 },
  total_tokens: 8,
};

export function completed(more: object = {}): object {
  return { type: 'response.completed', response: { ...opened, status: 'completed', ...more } };
}

export function incomplete(reason: string | null, more: object = {}): object {
  const details = reason === null ? null : { reason };
  return {
    type: 'response.incomplete',
    response: { ...opened, status: 'incomplete', incomplete_details: details, ...more },
  };
}

export function added(item: object, index = 0): object {
  return { type: 'response.output_item.added', output_index: index, item };
}

export function done(item: object, index = 0): object {
  return { type: 'response.output_item.done', output_index: index, item };
}

export function text(delta: string, index = 0, part = 0): object {
  return { type: 'response.output_text.delta', output_index: index, content_index: part, delta };
}

export function args(delta: string, index = 0): object {
  return { type: 'response.function_call_arguments.delta', output_index: index, delta };
}

export function message(...content: object[]): object {
  return { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant', content };
}

export function outputText(words: string, annotations: object[] = []): object {
  return { type: 'output_text', text: words, annotations };
}

export const call = { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'weather', arguments: '' };
export const wholeCall = { ...call, arguments: '{"city":"Bern"}', status: 'completed' };
export const reasoning = { type: 'reasoning', id: 'rs_1', summary: [] };
export const encrypted = { ...reasoning, encrypted_content: 'secret' };

export interface Mapped {
  readonly chunks: readonly StreamChunk[];
  readonly error?: WireError;
}

/** The chunks of some events, the finish among them if the events brought it; they obey the grammar. */
export function map(...events: object[]): Mapped {
  return mapNamed(...events.map((event) => [event] as const));
}

export function mapNamed(...events: (readonly [event: object, name?: string])[]): Mapped {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
  let error: WireError | undefined;
  try {
    const ended = events.some(([event, name]) => mapper.event(event, name));
    const finish = mapper.finish(false);
    if (ended !== (finish !== undefined)) throw new Error('The finish must follow the last event');
    if (finish) chunks.push(finish);
  } catch (thrown) {
    error = thrown as WireError;
  }
  const failures: unknown[] = [];
  const whole = chunks.at(-1)?.type === 'finish' ? chunks : [];
  from(whole)
    .pipe(verifyGrammar())
    .subscribe({ error: (failure: unknown) => failures.push(failure) });
  expect(failures).toEqual([]);
  return { chunks, ...(error && { error }) };
}

/** What stands between `start` and `finish`. */
export function contentOf(...events: object[]): readonly StreamChunk[] {
  return map(...events, completed()).chunks.slice(1, -1);
}

export function finishOf(...events: object[]): FinishChunk | undefined {
  return map(...events).chunks.find((chunk) => chunk.type === 'finish');
}

/** The message that the response reducer makes of an answer. */
export function answerOf(...events: object[]): AssistantMessage {
  const builder = new ResponseBuilder();
  for (const chunk of map(...events, completed()).chunks) builder.add(chunk);
  return builder.message;
}

/** The input that is sent for some messages. */
export function inputOf(...messages: Message[]): unknown {
  return toBody('test-1', { messages, stream: true }, false)['input'];
}
