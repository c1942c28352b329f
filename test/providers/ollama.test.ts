import { lastValueFrom, type Observable, take, toArray } from 'rxjs';
import { Ollama } from 'ollama';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { mapEvents } from '../../providers/ollama/events.ts';
import { toBody } from '../../providers/ollama/request.ts';
import { ollama, type OllamaOptions } from '../../providers/ollama.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import { InvalidRequestError, ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import type { FinishChunk, ModelRequest, StreamChunk } from '../../src/index.ts';

const facts = { provider: 'ollama', model: 'asked' };
const done = {
  model: 'test-1',
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
};
const counters = { total_duration: 3_500_000, load_duration: 1_000_000, prompt_eval_count: 3, eval_count: 5 };

function line(message: object, more: object = {}): object {
  return { model: 'test-1', message: { role: 'assistant', ...message }, done: false, ...more };
}

/** The chunks of some lines and the finish, if the last of them was the end. */
function map(lines: readonly object[]): { chunks: StreamChunk[]; finish: FinishChunk | undefined } {
  const chunks: StreamChunk[] = [];
  const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
  const ended = lines.map((each) => mapper.event(each)).includes(true);
  return { finish: mapper.finish(ended), chunks };
}

function contentOf(...lines: object[]): StreamChunk[] {
  return map([...lines, done]).chunks.filter(({ type }) => type !== 'start');
}

function finishOf(last: object, ...before: object[]): FinishChunk | undefined {
  return map([...before, { ...done, ...last }]).finish;
}

const weather = { name: 'weather', arguments: { city: 'Bern' } };

describe('mapEvents of ollama', () => {
  it('starts once, with the model that answers', () => {
    const { chunks } = map([line({ content: 'a' }), line({ content: 'b' }), done]);

    expect(chunks.filter(({ type }) => type === 'start')).toEqual([
      { type: 'start', provider: 'ollama', model: 'test-1' },
    ]);
  });

  it('starts with the model that was asked and the request id when the line names none', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), { ...facts, requestId: 'req-1' });
    mapper.start({ error: 'no' });

    expect(chunks).toEqual([{ type: 'start', provider: 'ollama', model: 'asked', requestId: 'req-1' }]);
  });

  it('gives thinking and text blocks of their own, and no empty deltas', () => {
    const lines = [
      line({ content: '', thinking: 'so' }),
      line({ content: '', thinking: ' then' }),
      line({ content: 'Hel', thinking: '' }),
      line({ content: 'lo', thinking: null }),
      line({ content: null }),
      line({}),
    ];

    expect(contentOf(...lines)).toEqual([
      { type: 'thinking-delta', text: 'so', block: 0, kind: 'thinking' },
      { type: 'thinking-delta', text: ' then', block: 0, kind: 'thinking' },
      { type: 'text-delta', text: 'Hel', block: 1 },
      { type: 'text-delta', text: 'lo', block: 1 },
    ]);
  });

  it('puts thinking before text and text before tool calls when one line has all of them', () => {
    const lines = [line({ content: 'text', thinking: 'thought', tool_calls: [{ function: weather }] })];

    expect(contentOf(...lines).map(({ type }) => type)).toEqual([
      'thinking-delta',
      'text-delta',
      'tool-call-start',
      'tool-call-delta',
      'tool-call',
    ]);
  });

  it('leaves thinking tags in the text', () => {
    expect(contentOf(line({ content: 'Hm.\n</think>\n\n5' }))).toEqual([
      { type: 'text-delta', text: 'Hm.\n</think>\n\n5', block: 0 },
    ]);
  });

  it('announces and closes a tool call at once, with the id of the wire', () => {
    const call = { id: 'call_x', function: { index: 0, ...weather } };

    expect(contentOf(line({ content: '', tool_calls: [call] }))).toEqual([
      { type: 'tool-call-start', toolCallId: 'call_x', toolName: 'weather', block: 0 },
      { type: 'tool-call-delta', toolCallId: 'call_x', argumentsDelta: '{"city":"Bern"}', block: 0 },
      { type: 'tool-call', toolCallId: 'call_x', toolName: 'weather', arguments: { city: 'Bern' }, block: 0 },
    ]);
  });

  it('tells calls apart that have the same index or none, and names those without id by their block', () => {
    const calls = [
      { function: { index: 0, ...weather } },
      { id: '', function: { index: 0, ...weather, arguments: { city: 'Rom' } } },
      { id: null, function: weather },
    ];
    const found = contentOf(line({ content: 'a' }), line({ tool_calls: calls }), line({ tool_calls: [] }));

    expect(found.filter(({ type }) => type === 'tool-call')).toEqual([
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' }, block: 1 },
      { type: 'tool-call', toolCallId: 'call_2', toolName: 'weather', arguments: { city: 'Rom' }, block: 2 },
      { type: 'tool-call', toolCallId: 'call_3', toolName: 'weather', arguments: { city: 'Bern' }, block: 3 },
    ]);
  });

  it.each([
    [{}, {}],
    [null, {}],
    [undefined, {}],
    ['', {}],
    ['{"city":"Bern"}', { city: 'Bern' }],
  ])('reads the arguments %j as %j', (args, expected) => {
    const call = { function: { name: 'weather', arguments: args } };

    expect(contentOf(line({ tool_calls: [call] })).at(-1)).toMatchObject({
      type: 'tool-call',
      arguments: expected,
    });
  });

  it.each([
    [{ name: 'weather', arguments: '{"city":' }, 'invalid-json'],
    [{ name: 'weather', arguments: [1] }, 'not-an-object'],
    [{ name: null, arguments: {} }, 'incomplete'],
    [null, 'incomplete'],
  ])('lets no call run that is %j', (called, reason) => {
    expect(contentOf(line({ tool_calls: [{ function: called }] })).at(-1)).toMatchObject({
      type: 'tool-call-invalid',
      reason,
    });
  });

  it.each([
    ['stop', 'stop'],
    ['length', 'length'],
    ['load', 'other'],
    ['unload', 'other'],
  ])('finishes for the word %s with %s', (word, reason) => {
    expect(finishOf({ done_reason: word })).toEqual({
      type: 'finish',
      reason,
      rawReason: word,
      metadata: {},
    });
  });

  it('finishes with tool-calls when the word is stop and a tool was called', () => {
    const call = line({ tool_calls: [{ function: weather }] });

    expect(finishOf({}, call)).toMatchObject({ reason: 'tool-calls', rawReason: 'stop' });
    expect(finishOf({ done_reason: 'length' }, call)).toMatchObject({ reason: 'length' });
  });

  it('finishes with other when the last line has no word', () => {
    expect(finishOf({ done_reason: undefined })).toEqual({ type: 'finish', reason: 'other', metadata: {} });
  });

  it('has no finish when no line is the last', () => {
    expect(map([line({ content: 'a' })]).finish).toBeUndefined();
    expect(map([line({ content: 'a' }, { done_reason: 'stop' })]).finish).toBeUndefined();
  });

  it('starts at the last line when it is the only one, and reads its content', () => {
    const { chunks, finish } = map([{ ...done, message: { role: 'assistant', content: 'Hello' } }]);

    expect(chunks.map(({ type }) => type)).toEqual(['start', 'text-delta']);
    expect(finish?.reason).toBe('stop');
    expect(map([{ done: true }]).chunks.map(({ type }) => type)).toEqual(['start']);
  });

  it('tells usage with the counters and durations as the wire has them', () => {
    const { chunks, finish } = map([{ ...done, ...counters, new_count: 1 }]);
    const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8, raw: { ...counters, new_count: 1 } };

    expect(chunks.at(-1)).toEqual({ type: 'usage', usage });
    expect(finish?.usage).toEqual(usage);
  });

  it.each([
    [{ eval_count: 5 }, 0, 5],
    [{ prompt_eval_count: 3 }, 3, 0],
  ])('counts 0 for what %j leaves out', (wire, inputTokens, outputTokens) => {
    expect(finishOf(wire)?.usage).toMatchObject({
      inputTokens,
      outputTokens,
      totalTokens: inputTokens + outputTokens,
    });
  });

  it('tells no usage when nothing was counted', () => {
    expect(finishOf({ done_reason: 'load', total_duration: 1 })).not.toHaveProperty('usage');
  });

  it('tells durations in milliseconds, the server that was asked, and log probabilities', () => {
    const token = { token: 'a', logprob: -0.1 };
    const remote = { remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' };
    const all = { ...counters, ...remote, prompt_eval_duration: 500_000, eval_duration: 2_000_000 };

    expect(
      finishOf(all, line({ content: 'a' }, { logprobs: [token] }), line({}, { logprobs: [token] }))?.metadata,
    ).toEqual({
      totalDurationMs: 3.5,
      loadDurationMs: 1,
      promptEvalDurationMs: 0.5,
      evalDurationMs: 2,
      remoteModel: 'gpt-oss:120b',
      remoteHost: 'https://ollama.com:443',
      logprobs: [token, token],
    });
  });

  it('throws the error that a line reports, behind what the line carries', () => {
    const chunks: StreamChunk[] = [];
    const mapper = mapEvents((chunk) => chunks.push(chunk), facts);
    mapper.event(line({ content: 'a' }));

    expect(() => mapper.event({ error: 'unexpected EOF' })).toThrow(new WireError('unexpected EOF'));
    expect(() => mapper.event({ error: 'busy', status_code: 503 })).toThrow(WireError);
    expect(chunks).toHaveLength(2);
  });

  it('passes over lines that say nothing', () => {
    expect(map([{}, { status: 'waiting' }, { error: null }]).chunks).toEqual([]);
  });
});

describe('toBody of ollama', () => {
  const bodyOf = (request: Partial<ModelRequest>, model = 'test-1'): Record<string, unknown> =>
    JSON.parse(
      JSON.stringify(
        toBody(model, { messages: [{ role: 'user', content: 'Hello' }], stream: true, ...request }),
      ),
    ) as Record<string, unknown>;
  const messageOf = (message: ModelRequest['messages'][number]) =>
    bodyOf({ messages: [message] })['messages'];
  const tool = { name: 'weather', description: 'Tells it', parameters: z.object({ city: z.string() }) };
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  };

  it('sends nothing that was not asked for', () => {
    expect(bodyOf({})).toEqual({
      model: 'test-1',
      messages: [{ role: 'user', content: 'Hello' }],
      stream: true,
    });
    expect(bodyOf({ stream: false, tools: [] })).toEqual({ ...bodyOf({}), stream: false });
  });

  it('puts sampling into options, in the words of Ollama', () => {
    const request = {
      temperature: 0,
      topP: 0.9,
      maxTokens: 10,
      stop: ['END'],
      seed: 1,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
    };

    expect(bodyOf(request)['options']).toEqual({
      temperature: 0,
      top_p: 0.9,
      num_predict: 10,
      stop: ['END'],
      seed: 1,
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
    });
  });

  it('lays providerOptions over the body and their options over the options', () => {
    const providerOptions = { keep_alive: '10m', think: 'high', options: { num_ctx: 8192, temperature: 1 } };

    expect(bodyOf({ temperature: 0, seed: 1, providerOptions })).toMatchObject({
      keep_alive: '10m',
      think: 'high',
      options: { num_ctx: 8192, temperature: 1, seed: 1 },
    });
    expect(bodyOf({ seed: 1, providerOptions: { logprobs: true } })).toMatchObject({
      logprobs: true,
      options: { seed: 1 },
    });
  });

  it.each([
    ['none', false, false],
    ['minimal', 'low', true],
    ['low', 'low', true],
    ['medium', 'medium', true],
    ['high', 'high', true],
    ['max', 'high', true],
  ] as const)('asks for %s thinking with %j of gpt-oss, with %j of others', (thinkingEffort, level, flag) => {
    expect(bodyOf({ thinkingEffort }, 'gpt-oss:20b')['think']).toBe(level);
    expect(bodyOf({ thinkingEffort }, 'qwen3:4b')['think']).toBe(flag);
  });

  it('sends tools and the schema of the answer as JSON Schema', () => {
    const body = bodyOf({
      tools: [tool],
      toolChoice: 'required',
      parallelToolCalls: true,
      outputSchema: tool.parameters,
    });

    expect(body['tools']).toEqual([
      {
        type: 'function',
        function: {
          name: 'weather',
          description: 'Tells it',
          parameters: expect.objectContaining(schema) as unknown,
        },
      },
    ]);
    expect(body['format']).toMatchObject(schema);
    expect(Object.keys(body)).toEqual(['model', 'messages', 'tools', 'format', 'stream']);
  });

  it('sends no tools when none may be called', () => {
    expect(bodyOf({ tools: [tool], toolChoice: 'none' })).not.toHaveProperty('tools');
  });

  it('sends system messages and text where they stand', () => {
    expect(messageOf({ role: 'system', content: 'Be brief' })).toEqual([
      { role: 'system', content: 'Be brief' },
    ]);
    expect(
      messageOf({
        role: 'user',
        content: [
          { type: 'text', text: 'What ' },
          { type: 'text', text: 'now?' },
        ],
      }),
    ).toEqual([{ role: 'user', content: 'What now?' }]);
  });

  it('sends images as bare base64', () => {
    const content = [
      { type: 'text', text: 'What is it?' },
      { type: 'image', image: 'AAAA' },
      { type: 'image', image: 'data:image/png;base64,BBBB' },
      { type: 'image', image: new URL('data:image/jpeg;base64,CCCC') },
    ] as const;

    expect(messageOf({ role: 'user', content })).toEqual([
      { role: 'user', content: 'What is it?', images: ['AAAA', 'BBBB', 'CCCC'] },
    ]);
  });

  it.each([
    'https://example.com/cat.png',
    new URL('http://example.com/cat.png'),
    'file:///cat.png',
    'data:image/svg+xml,<svg/>',
  ])('throws for the image %s, which nobody would fetch', (image) => {
    const content = [{ type: 'image', image }] as const;

    expect(() => messageOf({ role: 'user', content })).toThrow(InvalidRequestError);
    expect(() => messageOf({ role: 'user', content })).toThrow(/must be base64.*not (https?|file|data):/);
  });

  it('sends back text, thinking and tool calls, with arguments as an object', () => {
    const content = [
      { type: 'thinking', text: 'so', kind: 'thinking' },
      { type: 'thinking', text: '', kind: 'thinking', signature: { format: 'anthropic', data: 'x' } },
      { type: 'thinking', text: 'then', kind: 'summary' },
      { type: 'text', text: 'Let me ' },
      { type: 'text', text: 'look' },
      { type: 'refusal', text: '.' },
      { type: 'tool-call', toolCallId: 'call_1', toolName: 'weather', arguments: { city: 'Bern' } },
      { type: 'tool-call', toolCallId: 'srv', toolName: 'search', arguments: {}, providerExecuted: true },
      { type: 'tool-result', toolCallId: 'srv', toolName: 'search', result: 1, providerExecuted: true },
    ] as const;

    expect(messageOf({ role: 'assistant', content })).toEqual([
      {
        role: 'assistant',
        content: 'Let me look.',
        thinking: 'so\n\nthen',
        tool_calls: [{ id: 'call_1', function: { name: 'weather', arguments: { city: 'Bern' } } }],
      },
    ]);
    expect(messageOf({ role: 'assistant', content: 'Hello' })).toEqual([
      { role: 'assistant', content: 'Hello' },
    ]);
  });

  it('sends each tool result as a message, named by its tool and its call', () => {
    const content = [
      { type: 'tool-result', toolCallId: 'call_1', toolName: 'weather', result: 'sunny' },
      { type: 'tool-result', toolCallId: 'call_2', toolName: 'weather', result: { degrees: 20 } },
    ] as const;

    expect(messageOf({ role: 'tool', content })).toEqual([
      { role: 'tool', tool_name: 'weather', tool_call_id: 'call_1', content: 'sunny' },
      { role: 'tool', tool_name: 'weather', tool_call_id: 'call_2', content: '{"degrees":20}' },
    ]);
  });
});

type Fetch = typeof fetch;

describe('ollama', () => {
  const printed = vi.fn();
  const hello = [line({ content: 'Hello' }), { ...done, ...counters }];

  beforeEach(() => {
    for (const method of ['log', 'warn', 'error'] as const)
      vi.spyOn(console, method).mockImplementation(printed);
  });
  afterEach(() => {
    expect(printed).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    printed.mockReset();
  });

  function answer(lines: readonly object[], init?: ResponseInit): Response {
    return new Response(lines.map((each) => `${JSON.stringify(each)}\n`).join(''), init);
  }
  const collect = (stream: Observable<StreamChunk>) => lastValueFrom(stream.pipe(verifyGrammar(), toArray()));
  const failureOf = (stream: Observable<StreamChunk>): Promise<unknown> =>
    collect(stream).then(
      () => undefined,
      (error: unknown) => error,
    );
  const asking = (fetch: Fetch, options: OllamaOptions = {}, model = 'test-1') =>
    ollama(model, { fetch, ...options }).stream('Hi');
  const finishAmong = (chunks: readonly StreamChunk[]) => chunks.at(-1) as FinishChunk;

  it('asks through the SDK, with its host and headers, and streams the chunks', async () => {
    const fetch = vi.fn<Fetch>(() =>
      Promise.resolve(answer(hello, { headers: { 'x-request-id': 'req-1' } })),
    );
    const chunks = await collect(asking(fetch, { host: 'box:1', headers: { 'x-team': 'blue' } }));
    const [url, init] = fetch.mock.calls[0] ?? [];

    expect(url).toBe('http://box:1/api/chat');
    expect(init).toMatchObject({ method: 'POST', headers: { 'x-team': 'blue' } });
    expect(JSON.parse(init?.body as string)).toMatchObject({ model: 'test-1', stream: true });
    expect(chunks[0]).toEqual({ type: 'start', provider: 'ollama', model: 'test-1', requestId: 'req-1' });
    expect(chunks.map(({ type }) => type)).toEqual(['start', 'text-delta', 'usage', 'finish']);
  });

  it('gives the same chunks for an answer that comes at once', async () => {
    const whole = { ...done, ...counters, message: { role: 'assistant', content: 'Hello' } };
    const fetch = vi.fn<Fetch>(() => Promise.resolve(Response.json(whole)));
    const chunks = await collect(
      ollama('test-1', { fetch }).stream({ messages: [{ role: 'user', content: 'Hi' }], stream: false }),
    );

    expect(JSON.parse(fetch.mock.calls[0]?.[1]?.body as string)).toMatchObject({ stream: false });
    expect(chunks.map(({ type }) => type)).toEqual(['start', 'text-delta', 'usage', 'finish']);
  });

  it('reads CRLF, blank lines and an end without a line end', async () => {
    const body = hello.map((each) => JSON.stringify(each)).join('\r\n\r\n');
    const chunks = await collect(asking(() => Promise.resolve(new Response(body))));

    expect(finishAmong(chunks).reason).toBe('stop');
  });

  it('errors when the answer breaks off without a last line', async () => {
    const error = await failureOf(asking(() => Promise.resolve(answer(hello.slice(0, 1)))));

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ partial: { text: 'Hello' } });
  });

  it('errors with what the server reports in the stream', async () => {
    const error = await failureOf(
      asking(() => Promise.resolve(answer([...hello.slice(0, 1), { error: 'unexpected EOF' }]))),
    );

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ retryable: true, partial: { text: 'Hello' } });
    expect(String(error)).toContain('unexpected EOF');
  });

  it.each([
    ['JSON', '{"error":"slow down"}', 'application/json', 'ollama answered 429: slow down'],
    ['JSON of another type', '{"error":"slow down"}', 'text/plain', 'ollama answered 429: slow down'],
    ['HTML that claims to be JSON', '<p>slow down</p>', 'application/json', 'ollama answered 429: slow down'],
    ['nothing', null, 'text/plain', 'ollama answered 429: status code (no body)'],
  ])(
    'errors with status and Retry-After when the body of a refusal is %s',
    async (_, body, type, message) => {
      const headers = { 'content-type': type, 'retry-after': '7', 'x-request-id': 'req-1' };
      const error = await failureOf(
        asking(() => Promise.resolve(new Response(body, { status: 429, headers }))),
      );

      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({
        message,
        status: 429,
        retryable: true,
        retryAfter: 7000,
        requestId: 'req-1',
      });
    },
  );

  it('errors with the status when the body of a refusal cannot be read', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('cut')) });
    const refusal = new Response(body, { status: 500, statusText: 'Internal Server Error' });

    expect(await failureOf(asking(() => Promise.resolve(refusal)))).toMatchObject({
      message: 'ollama answered 500: Internal Server Error',
      status: 500,
    });
  });

  it('errors when the server cannot be reached', async () => {
    const cause = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
    const error = await failureOf(asking(() => Promise.reject(new TypeError('fetch failed', { cause }))));

    expect(error).toMatchObject({ name: 'ProviderError', code: 'ECONNREFUSED', retryable: true });
  });

  it('errors before any request when an image is no base64', async () => {
    const fetch = vi.fn<Fetch>();
    const image = 'https://example.com/cat.png';
    const stream = ollama('llava', { fetch }).stream({
      messages: [{ role: 'user', content: [{ type: 'image', image }] }],
    });

    expect(await failureOf(stream)).toBeInstanceOf(InvalidRequestError);
    expect(fetch).not.toHaveBeenCalled();
  });

  it('aborts the request when unsubscribed from', async () => {
    const signals: (AbortSignal | null | undefined)[] = [];
    const fetch: Fetch = (_, init) => {
      signals.push(init?.signal);
      return Promise.resolve(
        new Response(
          new ReadableStream({
            start: (c) => c.enqueue(new TextEncoder().encode(`${JSON.stringify(hello[0])}\n`)),
          }),
        ),
      );
    };
    await lastValueFrom(asking(fetch).pipe(take(2)));

    expect(signals[0]?.aborted).toBe(true);
  });

  it('makes a request for each subscription, none before', async () => {
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answer(hello)));
    const stream = asking(fetch);

    expect(fetch).not.toHaveBeenCalled();
    const both = await Promise.all([collect(stream), collect(stream)]);
    expect(fetch).toHaveBeenCalledTimes(2);
    expect(both[0]).toEqual(both[1]);
  });

  it('asks through a ready client, and leaves nothing behind in it', async () => {
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answer(hello)));
    const client = new Ollama({ host: 'http://box:2', fetch });
    const before = Object.entries(client);
    await collect(ollama('test-1', { client }).stream('Hi'));

    expect(fetch.mock.calls[0]?.[0]).toBe('http://box:2/api/chat');
    expect(Object.entries(client)).toEqual(before);
  });

  it('sends base64 that is the path of a file as it is', async () => {
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answer(hello)));
    const client = new Ollama({ fetch });
    const content = [{ type: 'image', image: '/etc/hosts' }] as const;
    await collect(ollama('llava', { client }).stream({ messages: [{ role: 'user', content }] }));

    expect(fetch.mock.calls[0]?.[1]?.body).toContain('"images":["/etc/hosts"]');
  });

  it('lets the SDK encode bytes that providerOptions bring', async () => {
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answer(hello)));
    const messages = [{ role: 'user', content: '', images: [new Uint8Array([1, 2, 3])] }];
    await collect(
      ollama('llava', { fetch }).stream({
        messages: [{ role: 'user', content: 'Hi' }],
        providerOptions: { messages },
      }),
    );

    expect(fetch.mock.calls[0]?.[1]?.body).toContain('"images":["AQID"]');
  });

  it('asks a proxy on the page’s own host by a path', async () => {
    const fetch = vi.fn<Fetch>(() => Promise.resolve(answer(hello)));
    await collect(asking(fetch, { proxy: true }));

    expect(fetch.mock.calls[0]?.[0]).toBe('/api/chat');
  });

  it('errors when a client answers without asking', async () => {
    const client = Object.assign(new Ollama(), { chat: () => Promise.resolve({}) });

    expect(await failureOf(ollama('test-1', { client }).stream('Hi'))).toMatchObject({
      message: 'ollama: the client made no request',
    });
  });

  describe('with gpuShare', () => {
    const fetchWith =
      (ps: () => Promise<Response>): Fetch =>
      (url) =>
        (url as string).endsWith('/api/ps') ? ps() : Promise.resolve(answer(hello));
    const loaded = (name: string, size: number) =>
      Response.json({ models: [{ name: 'other:latest' }, { name, model: name, size, size_vram: 3 }] });
    const shareOf = async (ps: () => Promise<Response>, model = 'test-1') =>
      finishAmong(await collect(asking(fetchWith(ps), { gpuShare: true }, model))).metadata['gpuShare'];

    it('tells which share of the model is on the GPU, with its tag or without', async () => {
      expect(await shareOf(() => Promise.resolve(loaded('test-1:latest', 4)))).toBe(0.75);
      expect(await shareOf(() => Promise.resolve(loaded('host:1/test:4b', 4)), 'host:1/test:4b')).toBe(0.75);
      expect(await shareOf(() => Promise.resolve(loaded('host:1/test:latest', 4)), 'host:1/test')).toBe(0.75);
    });

    it.each([
      ['refuses', () => Promise.resolve(new Response('no', { status: 500 }))],
      ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
      ['sends no JSON', () => Promise.resolve(new Response('no'))],
      ['sends something else', () => Promise.resolve(Response.json({}))],
      ['does not know the model', () => Promise.resolve(loaded('third:latest', 4))],
      ['has unloaded it', () => Promise.resolve(loaded('test-1:latest', 0))],
    ])('finishes without it when the server %s', async (_, ps) => {
      expect(await shareOf(ps)).toBeUndefined();
    });

    it('aborts the question when unsubscribed from meanwhile', async () => {
      const signals: (AbortSignal | null | undefined)[] = [];
      const fetch: Fetch = (url, init) => {
        if (!(url as string).endsWith('/api/ps')) return Promise.resolve(answer(hello));
        signals.push(init?.signal);
        return new Promise(() => undefined);
      };
      const subscription = asking(fetch, { gpuShare: true }).subscribe();
      const [signal] = await vi.waitUntil(() => signals.length > 0 && signals);
      subscription.unsubscribe();

      expect(signal?.aborted).toBe(true);
    });
  });

  it.each([
    ['qwen3:4b', { tools: true, thinking: true, images: false }],
    ['gpt-oss:20b', { tools: true, thinking: true, images: false }],
    ['llama3.2', { tools: true, thinking: false, images: false }],
    ['llama3:8b', { tools: false }],
    ['gemma3:4b', { tools: false, images: true }],
    ['llava:7b', { tools: false, images: true }],
    ['qwen2.5vl', { tools: true, images: true }],
  ])('guesses what %s can do', (model, capabilities) => {
    expect(ollama(model).capabilities).toMatchObject(capabilities);
  });
});
