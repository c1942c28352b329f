import { HttpAgent, type Message, verifyEvents } from '@ag-ui/client';
import { type BaseEvent, EventType } from '@ag-ui/core';
import { EventSchema } from '@ag-ui/core/schemas';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  fromEvent,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
} from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import type { RunState } from '../../src/runState.ts';
import { toJsonSchema } from '../../src/schema.ts';
import { agUi, type AgUiRequest, fromResponse, readAgUiRequest, toResponse } from '../../web/index.ts';
import { type Loopback, serveFetch } from './loopback.ts';
import {
  everything,
  failing,
  finish,
  rounds,
  saidParts,
  say,
  start,
  think,
  toolCall,
  usage,
} from './said.ts';
import { encode, outcomeOf } from './wire.ts';

let answer: (asked: AgUiRequest) => Observable<StreamChunk>;
let asked: AgUiRequest;
let loopback: Loopback;
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeAll(async () => {
  loopback = await serveFetch(async (request) => {
    asked = readAgUiRequest(await request.json());
    return toResponse(answer(asked), { format: agUi(asked.options) });
  });
});

afterAll(() => loopback.close());

beforeEach(() => warn.mockClear());

// It warns of all that the protocol does not know.
afterEach(() => {
  expect(warn).not.toHaveBeenCalled();
});

const question: Message = { id: 'q1', role: 'user', content: 'Weather?' };

function client(messages: Message[] = [question]): HttpAgent {
  return new HttpAgent({ url: loopback.url, threadId: 'thread', initialMessages: messages });
}

/** The messages that a run of a client has added, and the events that it was told. */
async function run(chunks: Observable<StreamChunk>, agent = client()) {
  answer = () => chunks;
  const events: BaseEvent[] = [];
  const done = await agent.runAgent({ runId: 'run' }, { onEvent: ({ event }) => void events.push(event) });
  const { newMessages } = done;
  return { newMessages, result: done.result as unknown, events, types: events.map(({ type }) => type) };
}

describe('agUi, read by its client', () => {
  it('is messages of thinking and text, with the usage of each model', async () => {
    const call = [start, think('hm'), say('It is ', 1), say('sunny.', 1), finish('stop', usage)];
    const other = { ...start, model: 'test-2' };
    const { newMessages, events } = await run(
      from([...call, ...call, other, finish('stop', usage), start, finish()]),
    );
    const counted = {
      inputTokens: 3,
      outputTokens: 5,
      totalTokens: 8,
      reasoningTokens: 1,
      cachedInputTokens: 2,
      cacheWriteInputTokens: 1,
    };
    const twice = Object.fromEntries(Object.entries(counted).map(([name, count]) => [name, 2 * count]));

    expect(newMessages.slice(0, 2)).toStrictEqual([
      { id: 'run-1-thinking-0', role: 'reasoning', content: 'hm' },
      { id: 'run-1-text-1', role: 'assistant', content: 'It is sunny.' },
    ]);
    expect(events.at(-1)).toStrictEqual({
      type: EventType.RUN_FINISHED,
      threadId: 'thread',
      runId: 'run',
      outcome: { type: 'success' },
      usage: [
        { provider: 'test', model: 'test-1', ...twice },
        { provider: 'test', model: 'test-2', ...counted },
      ],
    });
  });

  it('is every event that a call can have, each as the client wants it', async () => {
    const { newMessages } = await run(from(everything));
    const sealed = (format: string, data: unknown) => JSON.stringify({ format, data });
    const id = (block: number, name: string) => `rxllm:run:1:${block}:${name}`;

    expect(newMessages).toMatchObject([
      { role: 'reasoning', content: 'hm hm', encryptedValue: sealed('anthropic', { signature: 'xyz' }) },
      { role: 'reasoning', content: '', encryptedValue: sealed('anthropic', { redacted: 'abc' }) },
      { role: 'reasoning', content: 'In short: hm', id: 'run-1-summary-2' },
      {
        role: 'assistant',
        content: 'Hi\n\r\u2028 "öß😀\0 there',
        encryptedValue: sealed('openai', { id: 1 }),
        toolCalls: [
          { id: id(4, 'call_weather'), function: { name: 'weather', arguments: '{"city":"Bern"}' } },
          { id: id(5, 'call_weather'), function: { name: 'weather', arguments: '{}' } },
          { id: id(6, 'bad'), function: { name: 'time', arguments: '{"c' } },
          { id: id(7, 'search'), function: { name: 'web_search' }, metadata: { providerExecuted: true } },
        ],
      },
      { role: 'tool', toolCallId: id(7, 'search'), content: '[1]' },
      { role: 'assistant', content: 'No more.' },
      { role: 'reasoning', content: '' },
    ]);
  });

  it('is the run of an agent in steps, with what its tools gave back', async () => {
    const { newMessages, result, types, events } = await run(from(rounds));

    expect(newMessages).toMatchObject([
      { role: 'assistant', content: 'Let me see.', toolCalls: [{}, {}] },
      { role: 'tool', content: '{"sky":"blue"}', toolCallId: 'rxllm:run:1:1:call_weather' },
      { role: 'tool', content: 'Denied', toolCallId: 'rxllm:run:1:2:call_0', metadata: { isError: true } },
      { role: 'assistant', content: 'It is sunny.' },
    ]);
    expect(result).toStrictEqual({ sky: 'blue' });
    expect(types.filter((type) => type.startsWith('STEP'))).toStrictEqual([
      'STEP_STARTED',
      'STEP_FINISHED',
      'STEP_STARTED',
      'STEP_FINISHED',
    ]);
    expect(events.at(-1)).not.toHaveProperty('outcome.pendingToolCallIds');
  });

  it('leaves to the client the calls that nobody answered here', async () => {
    const { events, newMessages } = await run(from([start, ...toolCall('weather'), finish('tool-calls')]));
    const id = 'rxllm:run:1:0:call_weather';

    expect(newMessages).toMatchObject([{ id: 'run-1-calls', role: 'assistant', toolCalls: [{ id }] }]);
    expect(events.at(-1)).toMatchObject({ outcome: { type: 'success', pendingToolCallIds: [id] } });
  });

  it('is interrupted where a call waits for approval', async () => {
    const waiting = [{ type: 'tool-call', toolCallId: 'call_pay', toolName: 'pay', arguments: {} }] as const;
    const state: RunState = {
      ...{ version: 1, agent: 'agent', provider: 'test', model: 'test-1', messages: [], results: [] },
      ...{ waiting, approved: [], rounds: 1, durationMs: 1 },
    };
    const paused: StreamChunk = { type: 'run-finish', reason: 'pause', durationMs: 1, rounds: 1, state };
    const { events } = await run(from([start, ...toolCall('pay'), finish('tool-calls'), paused]));
    const id = 'rxllm:run:1:0:call_pay';

    expect(events.at(-1)).toMatchObject({
      outcome: {
        type: 'interrupt',
        interrupts: [{ id, toolCallId: id, reason: 'tool_call', message: 'pay waits for approval' }],
      },
    });
  });

  it('is cancelled where the run was stopped on this side', async () => {
    const { events } = await run(from([start, say('It is'), finish('aborted')]));

    expect(events.at(-1)).toMatchObject({ outcome: { type: 'cancelled' } });
  });

  it('tells of an error by its words and its code', async () => {
    const error = new ProviderError('busy', { code: 'overloaded', retryable: true });
    answer = () => failing(error, start, say('It is'));
    const failed = vi.fn();
    const agent = client();
    await agent.runAgent({ runId: 'run' }, { onRunErrorEvent: ({ event }) => void failed(event) });

    expect(failed).toHaveBeenCalledWith({ type: 'RUN_ERROR', message: 'busy', code: 'overloaded' });
    expect(agent.messages.at(-1)).toMatchObject({ content: 'It is' });
  });

  it('stops the model when the client stops', async () => {
    const left = new EventTarget();
    const stopped = firstValueFrom(fromEvent(left, 'left'));
    answer = () =>
      defer(() =>
        concat(from([start, say('It')]), NEVER).pipe(finalize(() => left.dispatchEvent(new Event('left')))),
      );
    const agent = client();
    const running = agent.runAgent({}, { onTextMessageContentEvent: () => agent.abortRun() });

    await expect(stopped).resolves.toMatchObject({ type: 'left' });
    await running.catch(() => undefined);
  });

  it('makes ids of its own where it is told none', async () => {
    const [first, second] = [await encode(agUi(), [start]), await encode(agUi(), [start])];

    expect(first).toMatch(
      /^data: {"type":"RUN_STARTED","threadId":"[\da-f-]{36}","runId":"[\da-f-]{36}"}\n\n/,
    );
    expect(first).not.toBe(second);
  });
});

describe('agUi, of another agent', () => {
  const ids = { threadId: 'thread', runId: 'run' };

  /** What a server says, as the encoder of AG-UI writes it and its verifier accepts it. */
  async function served(...given: readonly Record<string, unknown>[]) {
    const events = [{ type: 'RUN_STARTED', ...ids }, ...given].map(
      (event) => EventSchema.parse(event) as BaseEvent,
    );
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    // The client brings its own copy of RxJS.
    const verify = verifyEvents() as unknown as MonoTypeOperatorFunction<BaseEvent>;
    const { error } = await outcomeOf(
      from(events.filter(({ type }) => !type.endsWith('CHUNK'))).pipe(verify),
    );
    expect(error).toBeUndefined();
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    return outcomeOf(fromResponse(response, { format: agUi() }));
  }
  const finished = { type: 'RUN_FINISHED', ...ids };
  const origin = { type: 'start', provider: 'ag-ui', model: 'unknown', responseId: 'run' };

  it('is text, thinking and tools, a model call between the results of tools', async () => {
    const call = { toolCallId: 'c1', toolName: 'weather' };
    const { seen, error } = await served(
      { type: 'STEP_STARTED', stepName: 'plan' },
      { type: 'REASONING_START', messageId: 'r' },
      { type: 'REASONING_MESSAGE_START', messageId: 'r', role: 'reasoning' },
      { type: 'REASONING_MESSAGE_CONTENT', messageId: 'r', delta: 'hm' },
      { type: 'REASONING_MESSAGE_END', messageId: 'r' },
      { type: 'REASONING_END', messageId: 'r' },
      { type: 'TOOL_CALL_START', toolCallId: 'c1', toolCallName: 'weather' },
      { type: 'TOOL_CALL_ARGS', toolCallId: 'c1', delta: '{"city":"Bern"}' },
      { type: 'TOOL_CALL_END', toolCallId: 'c1' },
      {
        type: 'TOOL_CALL_RESULT',
        toolCallId: 'c1',
        messageId: 'm',
        content: [
          { type: 'text', text: 'sun' },
          { type: 'text', text: 'ny' },
        ],
      },
      { type: 'STEP_FINISHED', stepName: 'plan' },
      { type: 'STATE_SNAPSHOT', snapshot: {} },
      { type: 'CUSTOM', name: 'other', value: 1 },
      { type: 'TEXT_MESSAGE_START', messageId: 't', role: 'assistant' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 't', delta: '' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 't', delta: 'It is sunny.' },
      { type: 'TEXT_MESSAGE_END', messageId: 't' },
      finished,
    );

    expect(error).toBeUndefined();
    expect(seen).toStrictEqual([
      origin,
      { type: 'thinking-delta', text: 'hm', block: 0, kind: 'thinking' },
      { type: 'tool-call-start', ...call, block: 1 },
      { type: 'tool-call-delta', toolCallId: 'c1', argumentsDelta: '{"city":"Bern"}', block: 1 },
      { type: 'tool-call', ...call, arguments: { city: 'Bern' }, block: 1 },
      { type: 'tool-result', ...call, result: 'sunny', isError: false, durationMs: 0 },
      { type: 'finish', reason: 'tool-calls', metadata: {} },
      origin,
      { type: 'text-delta', text: 'It is sunny.', block: 0 },
      { type: 'finish', reason: 'stop', metadata: {} },
    ]);
  });

  it('reads the short forms, which have no start and no end', async () => {
    const { seen } = await served(
      { type: 'REASONING_MESSAGE_CHUNK', messageId: 'r', delta: 'hm' },
      { type: 'REASONING_MESSAGE_CHUNK', delta: ' hm' },
      { type: 'TEXT_MESSAGE_CHUNK', messageId: 't', role: 'assistant', delta: 'Let ' },
      { type: 'TEXT_MESSAGE_CHUNK', delta: 'me' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'a', toolCallName: 'f', delta: '{"x"' },
      { type: 'TOOL_CALL_CHUNK', delta: ':1}' },
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'b', toolCallName: 'g' },
      finished,
    );

    expect(seen.filter(({ type }) => !type.endsWith('delta'))).toMatchObject([
      origin,
      { type: 'tool-call-start', toolCallId: 'a', block: 2 },
      { type: 'tool-call', toolCallId: 'a', arguments: { x: 1 } },
      { type: 'tool-call-start', toolCallId: 'b', block: 3 },
      { type: 'tool-call', toolCallId: 'b', arguments: {} },
      { type: 'finish', reason: 'tool-calls' },
    ]);
    expect(seen.flatMap((chunk) => ('text' in chunk ? [chunk.text] : []))).toStrictEqual([
      'hm',
      ' hm',
      'Let ',
      'me',
    ]);
  });

  it('closes a call of the short form at its result, and one that was cut off at the end', async () => {
    const { seen } = await served(
      { type: 'TOOL_CALL_CHUNK', toolCallId: 'a', toolCallName: 'f', delta: '{' },
      { type: 'TOOL_CALL_RESULT', toolCallId: 'a', messageId: 'm', content: 'bad' },
      { ...finished, outcome: { type: 'cancelled' } },
    );

    expect(seen.slice(3)).toMatchObject([
      { type: 'tool-call-invalid', argumentsText: '{', reason: 'invalid-json' },
      { type: 'tool-result', result: 'bad' },
      { type: 'finish', reason: 'aborted' },
    ]);
  });

  it.each([
    [{ code: 'overloaded' }, { code: 'overloaded', retryable: true }],
    [{}, { retryable: true }],
  ])('fails with what the agent calls its error, %j', async (facts, expected) => {
    const { error } = await served(
      { type: 'TEXT_MESSAGE_START', messageId: 't', role: 'assistant' },
      { type: 'TEXT_MESSAGE_CONTENT', messageId: 't', delta: 'It is' },
      { type: 'RUN_ERROR', message: 'busy', ...facts },
    );

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      message: 'The server failed: busy',
      provider: 'ag-ui',
      partial: { text: 'It is' },
      ...expected,
    });
  });

  it('refuses arguments of a call that was not announced', async () => {
    const body = 'data: {"type":"TOOL_CALL_ARGS","toolCallId":"a","delta":"{"}\n\n';
    const response = new Response(body, { headers: { 'content-type': 'text/event-stream' } });
    const { error } = await outcomeOf(fromResponse(response, { format: agUi() }));

    expect(error).toMatchObject({
      code: 'malformed-event',
      message: 'An event cannot be read: no tool call a is open',
    });
  });
});

describe('readAgUiRequest', () => {
  it('reads what the client posts', async () => {
    answer = () => from([start, finish()]);
    const parameters = { type: 'object', properties: { color: { type: 'string' } } };
    const agent = client();
    agent.setState({ page: 1 });
    await agent.runAgent({
      runId: 'run',
      tools: [
        { name: 'paint', description: 'Paints the page', parameters },
        { name: 'clear', description: '' },
      ],
      context: [{ description: 'user', value: 'Ann' }],
      forwardedProps: { theme: 'dark' },
    });
    const [paint, clear] = asked.request.tools ?? [];

    expect(asked).toMatchObject({
      request: { messages: [{ role: 'user', content: 'Weather?' }] },
      options: { threadId: 'thread', runId: 'run' },
      decisions: {},
      context: [{ description: 'user', value: 'Ann' }],
      state: { page: 1 },
      forwardedProps: { theme: 'dark' },
    });
    expect(paint).toMatchObject({ name: 'paint', description: 'Paints the page' });
    expect(paint && toJsonSchema(paint.parameters)).toStrictEqual(parameters);
    expect(clear && toJsonSchema(clear.parameters)).toStrictEqual({ type: 'object', properties: {} });
  });

  it('reads a run of ours as the messages that it was, ids and signatures included', async () => {
    const agent = client();
    const call = everything.filter((chunk) => chunk.type !== 'tool-call-start' || chunk.block !== 5);
    const own = call.filter((chunk) => !('block' in chunk) || chunk.block !== 5);
    const bad: StreamChunk = {
      type: 'tool-result',
      toolCallId: 'bad',
      toolName: 'time',
      result: 'Which?',
      isError: true,
      durationMs: 0,
    };
    const sunny: StreamChunk = {
      ...bad,
      toolCallId: 'call_weather',
      toolName: 'weather',
      result: 'sunny',
      isError: false,
    };
    await run(from([...own, sunny, bad, start, say('Bye'), finish()]), agent);
    await run(from([start, finish()]), agent);

    expect(asked.request.messages).toStrictEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: [
          ...saidParts,
          {
            type: 'tool-result',
            toolCallId: 'search',
            toolName: 'web_search',
            providerExecuted: true,
            result: '[1]',
          },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'call_weather', toolName: 'weather', result: 'sunny' },
          { type: 'tool-result', toolCallId: 'bad', toolName: 'time', result: 'Which?', isError: true },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'No more.' },
          { type: 'thinking', text: '', kind: 'thinking', signature: { format: 'openai', data: 'late' } },
          { type: 'text', text: 'Bye' },
        ],
      },
    ]);
  });

  const read = (...messages: readonly object[]) => readAgUiRequest({ threadId: 't', runId: 'r', messages });

  it('reads instructions, pictures, and results with errors, and leaves out what has none', () => {
    const call = (id: string) => ({
      id,
      type: 'function',
      function: { name: 'f', arguments: '{}' },
      encryptedValue: 'other',
    });
    const { messages } = read(
      { role: 'developer', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image', source: { type: 'url', value: 'https://example.org/a.png' } },
          { type: 'image', source: { type: 'data', value: 'AAAA', mimeType: 'image/jpeg' } },
        ],
      },
      { role: 'activity', content: {} },
      { role: 'assistant', toolCalls: [call('a'), call('b'), call('c')] },
      { role: 'tool', toolCallId: 'a', content: '', error: 'It broke' },
      { role: 'tool', toolCallId: 'b', content: [{ type: 'text', text: 'fine' }] },
      { role: 'assistant', content: 'Done', encryptedValue: '{"other":1}' },
    ).request;
    const part = { type: 'tool-call', toolName: 'f', arguments: {} };

    expect(messages).toStrictEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See' },
          { type: 'image', image: 'https://example.org/a.png' },
          { type: 'image', image: 'AAAA', mediaType: 'image/jpeg' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { ...part, toolCallId: 'a' },
          { ...part, toolCallId: 'b' },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'a', toolName: 'f', result: 'It broke', isError: true },
          { type: 'tool-result', toolCallId: 'b', toolName: 'f', result: 'fine' },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Done' }] },
    ]);
  });

  it('reads the answers to interrupts as decisions', () => {
    const interruptId = 'rxllm:run:1:0:call_pay';
    const decide = (status: string, payload?: unknown) =>
      readAgUiRequest({ threadId: 't', runId: 'r', messages: [], resume: [{ interruptId, status, payload }] })
        .decisions;

    expect(decide('resolved')).toStrictEqual({ call_pay: { approved: true } });
    expect(decide('resolved', false)).toStrictEqual({ call_pay: { approved: false } });
    expect(decide('resolved', { approved: false, reason: 'No' })).toStrictEqual({
      call_pay: { approved: false, reason: 'No' },
    });
    expect(decide('cancelled', true)).toStrictEqual({ call_pay: { approved: false } });
    expect(() => decide('open')).toThrow('resume[0].status must be resolved or cancelled, not "open"');
  });

  it.each([
    [{ threadId: 5 }, 'threadId must be a string, not 5'],
    [{ messages: undefined }, 'messages must be an array, but is missing'],
    [
      { messages: [{ role: 'robot' }] },
      'messages[0].role must be developer, system, assistant, user, tool, activity or reasoning, not "robot"',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'audio' }] }] },
      'messages[0].content[0].type must be text or image, not "audio"',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file' } }] }] },
      'messages[0].content[0].source.type must be data or url, not "file"',
    ],
    [
      { messages: [{ role: 'tool', toolCallId: 'a', content: '' }] },
      'messages[0].toolCallId must be the id of a tool call of an assistant message before it, not "a"',
    ],
    [{ tools: [{ name: 5 }] }, 'tools[0].name must be a string, not 5'],
  ])('refuses %j', (wrong, message) => {
    expect(() => readAgUiRequest({ threadId: 't', runId: 'r', messages: [], ...wrong })).toThrow(message);
  });
});
