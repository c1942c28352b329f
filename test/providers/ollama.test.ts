import { lastValueFrom, type Observable, take, toArray } from 'rxjs';
import { Ollama } from 'ollama';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { ollama, type OllamaOptions } from '../../providers/ollama.ts';
import { InvalidRequestError, ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import type { FinishChunk, StreamChunk } from '../../src/index.ts';
import { counters, done, line } from './ollamaLines.ts';

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
