import { inspect } from 'node:util';
import { lastValueFrom, tap, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import { withTimeout } from '../../operators/withTimeout.ts';
import { toErrorFacts, type LanguageModel, type RxllmError, type StreamChunk } from '../../src/index.ts';
import { anthropicWire } from '../providers/wires/anthropic.ts';
import { ollamaWire } from '../providers/wires/ollama.ts';
import { openaiWire } from '../providers/wires/openai.ts';
import { openaiChatWire } from '../providers/wires/openaiChat.ts';
import { startServer, type TestServer } from '../server.ts';

const keys = {
  option: 'canary-OPTION-1f4b8c2d9e',
  header: 'canary-HEADER-7a6b5c4d3e',
  cookie: 'canary-COOKIE-0d9c8b7a6f',
  query: 'canary-QUERY-5e4d3c2b1a',
};

type Create = (
  url: string,
  extra?: { readonly apiKey?: string; readonly fetch?: typeof fetch },
) => LanguageModel;

const headers = { 'x-gateway-token': keys.header, cookie: `session=${keys.cookie}` };
const sdkOptions = (url: string) => ({
  baseURL: url,
  apiKey: keys.option,
  defaultHeaders: headers,
  defaultQuery: { 'api-key': keys.query },
});

const providers = [
  {
    wire: openaiWire,
    create: ((url, extra) => openai('test-1', { ...sdkOptions(url), ...extra })) as Create,
  },
  {
    wire: openaiChatWire,
    create: ((url, extra) => openaiChat('test-1', { ...sdkOptions(url), ...extra })) as Create,
  },
  {
    wire: anthropicWire,
    create: ((url, extra) => anthropic('test-1', { ...sdkOptions(url), ...extra })) as Create,
  },
  {
    wire: ollamaWire,
    create: ((url, { apiKey = keys.option, ...extra } = {}) =>
      ollama('test-1', {
        host: url,
        headers: { ...headers, authorization: `Bearer ${apiKey}`, 'x-api-key': keys.query },
        ...extra,
      })) as Create,
  },
].map(({ wire, create }) => ({ name: wire.name, wire, create }));

let server: TestServer;
const printed: unknown[][] = [];

beforeAll(async () => {
  server = await startServer();
});

beforeEach(() => {
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  expect(printed.splice(0)).toEqual([]);
});

afterAll(() => server.close());

describe.each(providers)('keys of $name', ({ wire, create }) => {
  const opening = [...wire.opening, ...wire.text('Hel')].map(wire.frame).join('');
  /** What a server says that repeats all that it was sent. */
  const echo = () =>
    JSON.stringify({ seen: server.requests.at(-1)?.headers, path: server.requests.at(-1)?.path });
  const stream = (then: (write: (text: string) => void, cut: () => void) => void) =>
    server.respond((response) => {
      response.writeHead(200, {
        'content-type': wire.contentType,
        'x-echo': echo(),
        'set-cookie': `a=${keys.cookie}`,
      });
      response.write(opening);
      then(
        (text) => response.end(text),
        () => setTimeout(() => response.socket?.resetAndDestroy(), 10),
      );
    });
  const status = (code: number, body: () => string) =>
    server.respond((response) =>
      response.writeHead(code, { 'content-type': 'application/json', 'x-echo': echo() }).end(body()),
    );
  const inBand = () =>
    JSON.stringify(wire.errorEvent).replace('server overloaded', JSON.stringify(echo()).slice(1, -1));

  it.each<[string, () => void, Partial<Record<'milliseconds', number>>?]>([
    ['401', () => status(401, () => JSON.stringify(wire.errorBody))],
    ['401 that repeats the request', () => status(401, () => JSON.stringify({ error: { message: echo() } }))],
    ['401 that repeats the request as text', () => status(401, echo)],
    ['500', () => status(500, () => 'no')],
    ['a cut', () => stream((_, cut) => cut())],
    ['an end without finish', () => stream((end) => end(''))],
    ['an error in the stream', () => stream((end) => end(wire.frame(JSON.parse(inBand()) as object)))],
    [
      'an event that is not JSON',
      () => stream((end) => end(wire.frame(wire.text('x')[0] ?? {}).replace('{', `{${keys.option}`))),
    ],
    ['an event of an array', () => stream((end) => end(`data: "${keys.header}"\n\n"${keys.header}"\n`))],
    [
      'a page',
      () => server.respond((response) => response.end(`<html><title>${keys.cookie}</title>${echo()}`)),
    ],
    [
      'a redirect in a circle',
      () =>
        server.respond((response) =>
          response.writeHead(307, { location: `?api-key=${keys.query}&${Math.random()}` }).end(),
        ),
    ],
  ])('are not told by %s', async (_, respond) => {
    respond();
    await expectSilence(create(server.url));
  });

  it('are not told when the server cannot be reached', async () => {
    const gone = await startServer();
    await gone.close();
    await expectSilence(create(gone.url));
  });

  it('are not told when the URL has a password', async () => {
    await expectSilence(create(server.url.replace('//', `//me:${keys.option}@`)));
  });

  it('are not told when a key has a line break in it', async () => {
    await expectSilence(create(server.url, { apiKey: `${keys.option}\nNEXT=1` }));
  });

  it('are not told when a fetch of the program tells its request', async () => {
    const fetch: typeof globalThis.fetch = (input, init) => {
      const error = new TypeError(`fetch failed for ${String(input instanceof Request ? input.url : input)}`);
      return Promise.reject(Object.assign(error, { request: { headers: [...new Headers(init?.headers)] } }));
    };
    await expectSilence(create(server.url, { fetch }));
  });

  it('are not told by a timeout, which aborts the request', async () => {
    server.respond(() => undefined);
    await expectSilence(create(server.url), (model) => model.stream('Hi').pipe(withTimeout({ first: 30 })));
  });

  it('are not told by the model itself', async () => {
    const model = create(server.url);
    server.respond((response) => response.writeHead(401).end('{}'));
    await failure(model, (same) => same.stream('Hi'));

    expectNone(
      JSON.stringify(model),
      inspect(model, { depth: 9, showHidden: true }),
      inspect(model.stream('Hi')),
    );
  });
});

/** Lets a request fail, and looks for the keys in everything that is told of that. */
async function expectSilence(
  model: LanguageModel,
  run: (model: LanguageModel) => ReturnType<LanguageModel['stream']> = (same) => same.stream('Hi'),
): Promise<void> {
  const { error, chunks } = await failure(model, run);
  const asChunks = await lastValueFrom(run(model).pipe(errorsToChunks(), toArray()));

  expectNone(
    error.message,
    String(error.stack),
    JSON.stringify(error),
    JSON.stringify(toErrorFacts(error)),
    inspect(error, { depth: 9, showHidden: true, maxStringLength: null }),
    JSON.stringify(chunks),
    JSON.stringify(asChunks),
  );
}

async function failure(
  model: LanguageModel,
  run: (model: LanguageModel) => ReturnType<LanguageModel['stream']>,
): Promise<{ error: RxllmError; chunks: StreamChunk[] }> {
  const chunks: StreamChunk[] = [];
  try {
    await lastValueFrom(run(model).pipe(tap((chunk) => chunks.push(chunk))));
  } catch (error) {
    return { error: error as RxllmError, chunks };
  }
  throw new Error('it did not fail');
}

function expectNone(...texts: readonly string[]): void {
  for (const text of texts) for (const key of Object.values(keys)) expect(text).not.toContain(key);
}
