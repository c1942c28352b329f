import {
  createUIMessageStream,
  createUIMessageStreamResponse,
  DefaultChatTransport,
  readUIMessageStream,
  type UIMessage,
  type UIMessageChunk,
} from 'ai';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  fromEvent,
  NEVER,
  type Observable,
  toArray,
} from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { fromResponse, readUIMessageRequest, toResponse, uiMessageStream } from '../../web/index.ts';
import { restartWith } from '../chunks.ts';
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
  toolResult,
} from './said.ts';
import { decode, encode, outcomeOf } from './wire.ts';

let answer: (body: unknown) => Observable<StreamChunk>;
let body: unknown;
let headers: Headers;
let loopback: Loopback;
let transport: DefaultChatTransport<UIMessage>;

const question: UIMessage = { id: 'q1', role: 'user', parts: [{ type: 'text', text: 'Weather?' }] };

beforeAll(async () => {
  loopback = await serveFetch(async (request) => {
    body = await request.json();
    return toResponse(answer(body), { format: uiMessageStream() });
  });
  transport = new DefaultChatTransport({
    api: loopback.url,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      ({ headers } = response);
      return response;
    },
  });
});

afterAll(() => loopback.close());

function send(messages: UIMessage[], abortSignal?: AbortSignal): Promise<ReadableStream<UIMessageChunk>> {
  return transport.sendMessages({
    trigger: 'submit-message',
    chatId: 'chat-1',
    messageId: undefined,
    messages,
    abortSignal,
  });
}

/** The message as `useChat` has it in the end, and the errors it was told of. */
async function chat(chunks: Observable<StreamChunk>, messages = [question]): Promise<[UIMessage, unknown[]]> {
  answer = () => chunks;
  const errors: unknown[] = [];
  const seen: UIMessage[] = [];
  const stream = await send(messages);
  for await (const message of readUIMessageStream({ stream, onError: (error) => errors.push(error) }))
    seen.push(message);
  return [seen.at(-1) ?? question, errors];
}

describe('uiMessageStream, read by the AI SDK', () => {
  it('is a message with thinking and text', async () => {
    const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8, raw: { any: 1 } };
    const [message, errors] = await chat(
      from([start, think('hm'), say('It is ', 1), say('sunny.', 1), finish('stop', usage)]),
    );

    expect(errors).toStrictEqual([]);
    expect(message.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'reasoning', text: 'hm', state: 'done' },
      { type: 'text', text: 'It is sunny.', state: 'done' },
    ]);
    expect(message.metadata).toStrictEqual({
      model: 'test-1',
      usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
    });
    expect(headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    expect(headers.get('content-type')).toBe('text/event-stream');
  });

  it('is every event that a call can have, each as the SDK wants it', async () => {
    const [message, errors] = await chat(from(everything));

    expect(errors).toStrictEqual([]);
    expect(message.parts).toMatchObject([
      { type: 'step-start' },
      {
        type: 'reasoning',
        text: 'hm hm',
        providerMetadata: { rxllm: { signature: { format: 'anthropic' } } },
      },
      {
        type: 'reasoning',
        text: '',
        providerMetadata: { rxllm: { signature: { data: { redacted: 'abc' } } } },
      },
      { type: 'reasoning', text: 'In short: hm', providerMetadata: { rxllm: { kind: 'summary' } } },
      { type: 'text', text: 'Hi\n\r\u2028 "öß😀\0 there' },
      { type: 'source-url', url: 'https://example.org', title: 'An example' },
      { type: 'tool-weather', state: 'input-available', input: { city: 'Bern' } },
      { type: 'tool-weather', state: 'input-available', input: {}, toolCallId: 'call_weather-2' },
      { type: 'tool-time', state: 'output-error', errorText: 'The arguments are not valid JSON' },
      { type: 'tool-web_search', state: 'output-available', output: [1], providerExecuted: true },
      { type: 'text', text: 'No more.' },
      { type: 'reasoning', text: '', providerMetadata: { rxllm: { signature: { data: 'late' } } } },
    ]);
  });

  it('is the run of an agent in steps, with what its tools did', async () => {
    const [message, errors] = await chat(from(rounds));

    expect(errors).toStrictEqual([]);
    expect(message.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'Let me see.' },
      {
        type: 'tool-weather',
        toolCallId: 'call_weather',
        state: 'output-available',
        output: { sky: 'blue' },
      },
      { type: 'tool-weather', toolCallId: 'call_0', state: 'output-error', errorText: 'Denied' },
      { type: 'step-start' },
      { type: 'text', text: 'It is sunny.' },
    ]);
    expect(message.metadata).toMatchObject({ rounds: 2, cost: 0.5, durationMs: 12 });
  });

  it('asks for approval, and tells progress before the result', async () => {
    const ask: StreamChunk = {
      type: 'approval-request',
      toolCallId: 'call_pay',
      toolName: 'pay',
      arguments: {},
    };
    const progress: StreamChunk = {
      type: 'tool-progress',
      toolCallId: 'call_weather',
      toolName: 'weather',
      value: 50,
    };
    const [message] = await chat(
      from([start, ...toolCall('pay'), ask, ...toolCall('weather', 1), progress, finish('tool-calls')]),
    );

    expect(message.parts.slice(1)).toMatchObject([
      { type: 'tool-pay', state: 'approval-requested', approval: { id: 'approval-1-call_pay' } },
      { type: 'tool-weather', state: 'output-available', output: 50, preliminary: true },
    ]);
  });

  it('takes back what a restart voids, and keeps the steps before', async () => {
    const second = { ...start, round: 2 };
    const [message] = await chat(
      from([
        ...[
          start,
          say('One'),
          ...toolCall('weather', 1),
          finish('tool-calls'),
          toolResult('weather', 'sunny'),
        ],
        ...[restartWith({}), second, say('Hello wor'), ...toolCall('time', 1), restartWith({})],
        ...[second, say('Hello world'), finish()],
      ]),
    );

    expect(message.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'text', text: 'One' },
      { type: 'tool-weather', output: 'sunny' },
      { type: 'step-start' },
      { type: 'text', text: 'Hello world' },
    ]);
  });

  it('tells of an error, and keeps what was said', async () => {
    const [message, errors] = await chat(
      failing(new ProviderError('busy', { retryable: true }), start, say('It is')),
    );

    expect(errors).toStrictEqual([new Error('busy')]);
    expect(message.parts).toMatchObject([{ type: 'step-start' }, { type: 'text', text: 'It is' }]);
  });

  it('says abort where the run was stopped on this side', async () => {
    answer = () => from([start, say('It is'), finish('aborted')]);
    const events = await firstValueFrom(
      from((await send([question])) as AsyncIterable<UIMessageChunk>).pipe(toArray()),
    );

    expect(events.map(({ type }) => type).slice(-3)).toStrictEqual(['finish-step', 'abort', 'finish']);
  });

  it.each([
    ['stop', 'stop'],
    ['refusal', 'content-filter'],
    ['pause', 'tool-calls'],
    ['limit', 'other'],
  ] as const)('ends after %s with %s', async (reason, finishReason) => {
    expect(await encode(uiMessageStream(), [start, finish(reason)])).toContain(
      `{"type":"finish","finishReason":"${finishReason}",`,
    );
  });

  it('stops the model when the client stops', async () => {
    const left = new EventTarget();
    const stopped = firstValueFrom(fromEvent(left, 'left'));
    answer = () =>
      defer(() =>
        concat(from([start, say('It')]), NEVER).pipe(finalize(() => left.dispatchEvent(new Event('left')))),
      );
    const controller = new AbortController();
    const reader = (await send([question], controller.signal)).getReader();
    await reader.read();
    controller.abort();

    await expect(stopped).resolves.toMatchObject({ type: 'left' });
  });

  it('has the id of the message that it is told', async () => {
    const { seen } = await decode(uiMessageStream(), ['']);
    const response = toResponse(from([start, finish()]), { format: uiMessageStream({ messageId: 'm1' }) });

    expect(seen).toStrictEqual([]);
    expect(await response.text()).toMatch(/^data: {"type":"start","messageId":"m1"}\n\n/);
  });
});

describe('uiMessageStream, of a server of the AI SDK', () => {
  const format = uiMessageStream();

  /** What a server says by hand. */
  function served(...parts: readonly UIMessageChunk[]) {
    const stream = createUIMessageStream({
      execute: ({ writer }) => {
        for (const part of parts) writer.write(part);
      },
      onError: () => 'It broke',
    });
    return outcomeOf(fromResponse(createUIMessageStreamResponse({ stream }), { format }));
  }
  const origin = { type: 'start', provider: 'ui-message-stream', model: 'unknown' };

  it('is text, thinking and tools, step by step', async () => {
    const { seen, error } = await served(
      { type: 'start', messageId: 'm1' },
      { type: 'start-step' },
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'reasoning-end', id: 'r' },
      { type: 'tool-input-start', toolCallId: 'c1', toolName: 'weather' },
      { type: 'tool-input-delta', toolCallId: 'c1', inputTextDelta: '{"city":"Bern"}' },
      { type: 'tool-input-available', toolCallId: 'c1', toolName: 'weather', input: { city: 'Bern' } },
      { type: 'tool-approval-request', approvalId: 'a1', toolCallId: 'c1' },
      { type: 'tool-approval-request', approvalId: 'a2', toolCallId: 'unknown' },
      { type: 'tool-output-available', toolCallId: 'c1', output: 50, preliminary: true },
      { type: 'tool-output-available', toolCallId: 'c1', output: 'sunny' },
      { type: 'finish-step' },
      { type: 'start-step' },
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'It is sunny.' },
      { type: 'text-end', id: 't' },
      { type: 'source-url', sourceId: 's', url: 'https://example.org', title: 'An example' },
      { type: 'data-weather', data: 1 },
      { type: 'finish-step' },
      { type: 'finish', finishReason: 'length', messageMetadata: { tokens: 5 } },
    );
    const call = { toolCallId: 'c1', toolName: 'weather' };

    expect(error).toBeUndefined();
    expect(seen).toStrictEqual([
      { ...origin, responseId: 'm1' },
      { type: 'thinking-delta', text: 'hm', block: 0, kind: 'thinking' },
      { type: 'tool-call-start', ...call, block: 1 },
      { type: 'tool-call-delta', toolCallId: 'c1', argumentsDelta: '{"city":"Bern"}', block: 1 },
      { type: 'tool-call', ...call, arguments: { city: 'Bern' }, block: 1 },
      { type: 'approval-request', ...call, arguments: { city: 'Bern' } },
      { type: 'tool-progress', ...call, value: 50 },
      { type: 'tool-result', ...call, result: 'sunny', isError: false, durationMs: 0 },
      { type: 'finish', reason: 'tool-calls', metadata: {} },
      { ...origin, responseId: 'm1' },
      { type: 'text-delta', text: 'It is sunny.', block: 0 },
      { type: 'source', block: 0, url: 'https://example.org', title: 'An example' },
      { type: 'finish', reason: 'length', metadata: { tokens: 5 } },
    ]);
  });

  it('is calls that failed, were denied, are of the wrong form, cut off, or of the provider', async () => {
    const { seen } = await served(
      { type: 'source-url', sourceId: 's', url: 'https://example.org' },
      { type: 'tool-input-available', toolCallId: 'a', toolName: 'f', input: 'text' },
      {
        type: 'tool-input-error',
        toolCallId: 'b',
        toolName: 'f',
        input: { x: 1 },
        errorText: 'Unknown field',
      },
      { type: 'tool-output-error', toolCallId: 'b', errorText: 'Unknown field' },
      { type: 'tool-input-available', toolCallId: 'c', toolName: 'f', input: {}, providerExecuted: true },
      { type: 'tool-output-available', toolCallId: 'c', output: 1, providerExecuted: true },
      { type: 'tool-input-available', toolCallId: 'd', toolName: 'f', input: {} },
      { type: 'tool-input-available', toolCallId: 'd', toolName: 'f', input: {} },
      { type: 'tool-output-denied', toolCallId: 'd' },
      { type: 'tool-output-available', toolCallId: 'before', output: 2 },
      { type: 'tool-output-available', toolCallId: 'before', output: 2, preliminary: true },
      { type: 'tool-input-start', toolCallId: 'e', toolName: 'f' },
      { type: 'abort' },
    );
    const result = { type: 'tool-result', durationMs: 0 };

    expect(seen.filter(({ type }) => type !== 'tool-call-start')).toStrictEqual([
      origin,
      { type: 'source', block: 0, url: 'https://example.org' },
      {
        ...{ type: 'tool-call-invalid', toolCallId: 'a', toolName: 'f', argumentsText: '"text"' },
        ...{ reason: 'not-an-object', block: 1 },
      },
      {
        ...{ type: 'tool-call-invalid', toolCallId: 'b', toolName: 'f', argumentsText: '{"x":1}' },
        ...{ reason: 'invalid-json', block: 2 },
      },
      { ...result, toolCallId: 'b', toolName: 'f', result: 'Unknown field', isError: true },
      { type: 'tool-call', toolCallId: 'c', toolName: 'f', arguments: {}, block: 3, providerExecuted: true },
      {
        ...result,
        toolCallId: 'c',
        toolName: 'f',
        result: 1,
        isError: false,
        providerExecuted: true,
        block: 4,
      },
      { type: 'tool-call', toolCallId: 'd', toolName: 'f', arguments: {}, block: 5 },
      { ...result, toolCallId: 'd', toolName: 'f', result: 'The call was denied', isError: true },
      { ...result, toolCallId: 'before', toolName: '', result: 2, isError: false },
      { type: 'tool-progress', toolCallId: 'before', toolName: '', value: 2 },
      {
        ...{ type: 'tool-call-invalid', toolCallId: 'e', toolName: 'f', argumentsText: '' },
        ...{ reason: 'incomplete', block: 6 },
      },
      { type: 'finish', reason: 'aborted', metadata: {} },
    ]);
  });

  it('takes back a step that is reset', async () => {
    const text = (delta: string): UIMessageChunk[] => [
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta },
    ];
    const { seen } = await served(
      { type: 'reset-step' },
      ...text('a'),
      { type: 'reset-step' },
      ...text('b'),
      { type: 'finish' },
    );

    expect(seen.map(({ type }) => type)).toStrictEqual([
      'start',
      'text-delta',
      'restart',
      'start',
      'text-delta',
      'finish',
    ]);
    expect(seen.at(-1)).toMatchObject({ reason: 'stop' });
  });

  it('fails with what the server calls its error', async () => {
    const stream = createUIMessageStream({
      execute: ({ writer }) => {
        writer.write({ type: 'text-start', id: 't' });
        writer.write({ type: 'text-delta', id: 't', delta: 'It is' });
        throw new Error('secret');
      },
      onError: () => 'It broke',
    });
    const { error } = await outcomeOf(fromResponse(createUIMessageStreamResponse({ stream }), { format }));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      message: 'The server failed: It broke',
      provider: 'ui-message-stream',
      partial: { text: 'It is' },
    });
  });

  it('closes the stream of the server when nobody reads on', async () => {
    const left = new EventTarget();
    const stopped = firstValueFrom(fromEvent(left, 'left'));
    const stream = new ReadableStream<UIMessageChunk>({
      start(controller) {
        controller.enqueue({ type: 'text-start', id: 't' });
        controller.enqueue({ type: 'text-delta', id: 't', delta: 'It is' });
      },
      cancel: () => void left.dispatchEvent(new Event('left')),
    });
    const first = await firstValueFrom(fromResponse(createUIMessageStreamResponse({ stream }), { format }));

    expect(first.type).toBe('start');
    await expect(stopped).resolves.toMatchObject({ type: 'left' });
  });
});

describe('readUIMessageRequest', () => {
  it('reads what the transport of useChat posts', async () => {
    await chat(from([start, say('Hi'), finish()]));

    expect(readUIMessageRequest(body)).toStrictEqual({
      id: 'chat-1',
      request: { messages: [{ role: 'user', content: [{ type: 'text', text: 'Weather?' }] }] },
      trigger: 'submit-message',
      decisions: {},
      options: {},
    });
  });

  it('reads an answer of ours as the messages that it was, signatures included', async () => {
    const [message] = await chat(
      from([...everything.slice(0, -1), finish('tool-calls'), ...results(), start, say('Bye'), finish()]),
    );
    await chat(from([start, finish()]), [question, message, question]);
    const { messages } = readUIMessageRequest(body).request;

    expect(messages).toStrictEqual([
      { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
      {
        role: 'assistant',
        content: [
          ...saidParts,
          {
            type: 'tool-result',
            toolCallId: 'search',
            toolName: 'web_search',
            providerExecuted: true,
            result: [1],
          },
          { type: 'refusal', text: 'No more.' },
          { type: 'thinking', text: '', kind: 'thinking', signature: { format: 'openai', data: 'late' } },
        ],
      },
      {
        role: 'tool',
        content: [
          { type: 'tool-result', toolCallId: 'call_weather', toolName: 'weather', result: 'sunny' },
          { type: 'tool-result', toolCallId: 'bad', toolName: 'time', result: 'Which?', isError: true },
        ],
      },
      { role: 'assistant', content: [{ type: 'text', text: 'Bye' }] },
      { role: 'user', content: [{ type: 'text', text: 'Weather?' }] },
    ]);
  });

  function results(): StreamChunk[] {
    const bad = {
      type: 'tool-result',
      toolCallId: 'bad',
      toolName: 'time',
      result: 'Which?',
      isError: true,
      durationMs: 0,
    } as const;
    return [toolResult('weather', 'sunny'), bad];
  }

  const read = (role: string, ...parts: readonly object[]) =>
    readUIMessageRequest({
      id: 'c',
      trigger: 'regenerate-message',
      messageId: 'm',
      messages: [{ role, parts }],
    });

  it('reads instructions, pictures, and which message is to be made again', () => {
    const url = 'data:image/png;base64,AAAA';

    expect(read('system', { type: 'text', text: 'Be brief.' }).request.messages).toStrictEqual([
      { role: 'system', content: 'Be brief.' },
    ]);
    expect(
      read('user', { type: 'file', mediaType: 'image/png', url }, { type: 'data-x', data: 1 }),
    ).toMatchObject({
      trigger: 'regenerate-message',
      messageId: 'm',
      request: { messages: [{ content: [{ type: 'image', image: 'AAAA', mediaType: 'image/png' }] }] },
    });
  });

  it('reads tools that were denied, failed without input, or are dynamic, and leaves out what has no result', () => {
    const tool = (state: string, more: object) => ({ type: 'tool-f', toolCallId: state, state, ...more });
    const { messages } = read(
      'assistant',
      tool('input-streaming', {}),
      tool('input-available', { input: {} }),
      tool('output-available', { input: {}, output: 1, preliminary: true }),
      tool('output-denied', { input: {}, approval: { reason: 'No' } }),
      { ...tool('output-denied', { input: {} }), toolCallId: 'plain' },
      tool('output-error', { rawInput: [5] }),
      {
        type: 'dynamic-tool',
        toolName: 'g',
        toolCallId: 'd',
        state: 'output-available',
        input: {},
        output: 2,
      },
      { type: 'source-url', url: 'x' },
    ).request;
    const own = { type: 'tool-result', toolName: 'f', isError: true };

    expect(messages).toMatchObject([
      {
        content: [
          { toolCallId: 'output-denied', type: 'tool-call' },
          { toolCallId: 'plain', type: 'tool-call' },
          {
            toolCallId: 'output-error',
            type: 'tool-call-invalid',
            argumentsText: '[5]',
            reason: 'not-an-object',
          },
          { toolCallId: 'd', toolName: 'g', type: 'tool-call' },
        ],
      },
      {
        content: [
          { ...own, toolCallId: 'output-denied', result: 'No' },
          { ...own, toolCallId: 'plain', result: 'The call was denied' },
          { ...own, toolCallId: 'output-error', result: 'The tool failed' },
          { toolCallId: 'd', toolName: 'g', result: 2 },
        ],
      },
    ]);
    expect(read('assistant', tool('input-available', { input: {} })).request.messages).toStrictEqual([]);
  });

  it('reads the answers to approval requests of the last message', () => {
    const asked = (toolCallId: string, approval: object) => ({
      ...{ type: 'tool-pay', toolCallId, state: 'approval-responded', input: {}, approval },
    });

    expect(
      read('assistant', asked('a', { approved: true }), asked('b', { approved: false, reason: 'No' }))
        .decisions,
    ).toStrictEqual({
      a: { approved: true },
      b: { approved: false, reason: 'No' },
    });
    expect(readUIMessageRequest({ id: 'c', messages: [] }).decisions).toStrictEqual({});
  });

  it.each([
    [{ id: 5 }, 'id must be a string, not 5'],
    [{ trigger: 'resume' }, 'trigger must be submit-message or regenerate-message, not "resume"'],
    [{ messages: 'Hi' }, 'messages must be an array, not "Hi"'],
    [{ messages: [{ role: 'user', content: 'Hi' }] }, 'messages[0].parts must be an array, but is missing'],
    [
      { messages: [{ role: 'tool', parts: [] }] },
      'messages[0].role must be system, user or assistant, not "tool"',
    ],
    [
      { messages: [{ role: 'user', parts: [{ type: 'file', mediaType: 'application/pdf', url: '' }] }] },
      'messages[0].parts[0].mediaType must be that of an image, not "application/pdf"',
    ],
  ])('refuses %j', (wrong, message) => {
    expect(() => readUIMessageRequest({ id: 'c', messages: [], ...wrong })).toThrow(message);
  });
});
