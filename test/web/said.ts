import { concat, from, type Observable, throwError } from 'rxjs';
import type { FinishChunk, FinishReason, StreamChunk } from '../../src/chunk.ts';
import type { AssistantPart } from '../../src/message.ts';
import type { Usage } from '../../src/usage.ts';

/** Chunks as a model or an agent says them, for formats that are not ours. */

export const start = { type: 'start', provider: 'test', model: 'test-1' } as const satisfies StreamChunk;

export function finish(reason: FinishReason = 'stop', usage?: Usage): StreamChunk {
  return { type: 'finish', reason, ...(usage && { usage }), metadata: {} };
}

export function say(text: string, block = 0): StreamChunk {
  return { type: 'text-delta', text, block };
}

export function think(text: string, block = 0): StreamChunk {
  return { type: 'thinking-delta', text, block, kind: 'thinking' };
}

/** A call with `{ city: 'Bern' }`, in two pieces. */
export function toolCall(toolName: string, block = 0, toolCallId = `call_${toolName}`): StreamChunk[] {
  return [
    { type: 'tool-call-start', toolCallId, toolName, block },
    { type: 'tool-call-delta', toolCallId, argumentsDelta: '{"city":', block },
    { type: 'tool-call-delta', toolCallId, argumentsDelta: '"Bern"}', block },
    { type: 'tool-call', toolCallId, toolName, arguments: { city: 'Bern' }, block },
  ];
}

export function toolResult(toolName: string, result: unknown, isError = false): StreamChunk {
  return { type: 'tool-result', toolCallId: `call_${toolName}`, toolName, result, isError, durationMs: 2 };
}

/** Chunks, and what they then fail with. */
export function failing(error: Error, ...before: readonly StreamChunk[]): Observable<StreamChunk> {
  return concat(
    from(before),
    throwError(() => error),
  );
}

/** A usage that tells all there is. */
export const usage: Usage = {
  inputTokens: 3,
  outputTokens: 5,
  totalTokens: 8,
  thinkingTokens: 1,
  cachedInputTokens: 2,
  cacheWriteTokens: 1,
};

/** One call with all that a call can have. */
export const everything: readonly StreamChunk[] = [
  { ...start, responseId: 'answer-1', requestId: 'req_1' },
  { type: 'raw', event: { any: 'thing' } },
  think('hm', 0),
  { type: 'thinking-delta', text: ' hm', block: 0, kind: 'thinking' },
  { type: 'thinking-signature', block: 0, format: 'anthropic', data: { signature: 'xyz' } },
  { type: 'thinking-signature', block: 1, format: 'anthropic', data: { redacted: 'abc' } },
  { type: 'thinking-delta', text: 'In short: hm', block: 2, kind: 'summary' },
  say('Hi\n\r\u2028 "öß😀\0', 3),
  { type: 'source', block: 3, url: 'https://example.org', title: 'An example' },
  { type: 'source', block: 3, title: 'A book' },
  say('', 3),
  say(' there', 3),
  { type: 'thinking-signature', block: 3, format: 'openai', data: { id: 1 } },
  ...toolCall('weather', 4),
  { type: 'tool-call-start', toolCallId: 'call_weather', toolName: 'weather', block: 5 },
  { type: 'tool-call', toolCallId: 'call_weather', toolName: 'weather', arguments: {}, block: 5 },
  { type: 'tool-call-start', toolCallId: 'bad', toolName: 'time', block: 6 },
  { type: 'tool-call-delta', toolCallId: 'bad', argumentsDelta: '{"c', block: 6 },
  {
    type: 'tool-call-invalid',
    toolCallId: 'bad',
    toolName: 'time',
    argumentsText: '{"c',
    reason: 'invalid-json',
    block: 6,
  },
  { type: 'tool-call-start', toolCallId: 'search', toolName: 'web_search', block: 7 },
  { type: 'thinking-signature', block: 7, format: 'openai-chat', data: { extra_content: 1 } },
  {
    type: 'tool-call',
    toolCallId: 'search',
    toolName: 'web_search',
    arguments: { q: 'x' },
    block: 7,
    providerExecuted: true,
  },
  {
    type: 'tool-result',
    toolCallId: 'search',
    toolName: 'web_search',
    result: [1],
    isError: false,
    durationMs: 0,
    providerExecuted: true,
    block: 8,
  },
  { type: 'refusal-delta', text: 'No more.', block: 9 },
  { type: 'thinking-signature', block: 2, format: 'openai', data: 'late' },
  { type: 'usage', usage },
  { ...(finish('tool-calls', usage) as FinishChunk), rawReason: 'tool_use', metadata: { tier: 1 } },
];

/** The parts of a message that the protocols make of `everything`, up to the call of the provider. */
export const saidParts = [
  {
    type: 'thinking',
    text: 'hm hm',
    kind: 'thinking',
    signature: { format: 'anthropic', data: { signature: 'xyz' } },
  },
  {
    type: 'thinking',
    text: '',
    kind: 'thinking',
    signature: { format: 'anthropic', data: { redacted: 'abc' } },
  },
  { type: 'thinking', text: 'In short: hm', kind: 'summary' },
  {
    type: 'text',
    text: 'Hi\n\r\u2028 "öß😀\0 there',
    signature: { format: 'openai', data: { id: 1 } },
  },
  { type: 'tool-call', toolName: 'weather', toolCallId: 'call_weather', arguments: { city: 'Bern' } },
  {
    ...{ type: 'tool-call-invalid', toolCallId: 'bad', toolName: 'time', argumentsText: '{"c' },
    ...{ reason: 'invalid-json' },
  },
  {
    ...{ type: 'tool-call', toolCallId: 'search', toolName: 'web_search', providerExecuted: true },
    ...{ arguments: { q: 'x' }, signature: { format: 'openai-chat', data: { extra_content: 1 } } },
  },
] as const satisfies readonly AssistantPart[];

const message = { role: 'assistant', content: [] } as const;

/** The run of an agent that asks, calls two tools, one with an id that comes again, and answers. */
export const rounds: readonly StreamChunk[] = [
  { ...start, agent: 'agent', round: 1 },
  say('Let me see.'),
  ...toolCall('weather', 1),
  ...toolCall('weather', 2, 'call_0'),
  { type: 'approval-request', toolCallId: 'call_0', toolName: 'weather', arguments: { city: 'Bern' } },
  finish('tool-calls', usage),
  { type: 'message', message },
  { type: 'tool-progress', toolCallId: 'call_weather', toolName: 'weather', value: 'asking' },
  toolResult('weather', { sky: 'blue' }),
  {
    type: 'tool-result',
    toolCallId: 'call_0',
    toolName: 'weather',
    result: 'Denied',
    isError: true,
    durationMs: 1,
  },
  { ...start, agent: 'agent', round: 2 },
  say('It is '),
  say('sunny.'),
  finish('stop', usage),
  { type: 'message', message },
  {
    type: 'run-finish',
    reason: 'stop',
    durationMs: 12,
    rounds: 2,
    lastAgent: 'agent',
    usage,
    cost: 0.5,
    finalOutput: { sky: 'blue' },
  },
];
