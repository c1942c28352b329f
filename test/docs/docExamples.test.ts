import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { Hono } from 'hono';
import { lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { openai } from '../../providers/openai.ts';
import { collectRun } from '../../agents/index.ts';
import { publishTo } from '../../integrations/redis.ts';
import { fromText, recordChunks } from '../../testing/index.ts';
import { recordFetch } from '../../testing/recordFetch.ts';
import { serveWebSocket, toResponse } from '../../web/index.ts';
import { hasRedis, RedisServer } from '../integrations/redis/server.ts';
import { type Loopback, serveFetch } from '../web/loopback.ts';
import { type CompiledExample, compileExamples, countTags, readExamples } from './docExamples.ts';
import { runExample } from './exampleRun.ts';
import { careful, exampleWorld, type Surroundings } from './exampleWorld.ts';

/** What is compiled only, with the reason. */
const notRun = new Map([
  ['integrations/bullmq/queueBatch.ts queueBatch', 'needs workers: test/integrations/bullmq'],
  ['integrations/bullmq/workBatch.ts workBatch', 'works until its process ends: test/integrations/bullmq'],
]);

const examples = readExamples();
const compiled = compileExamples(examples);

const folder = mkdtempSync(join(tmpdir(), 'examples-'));
const before = process.cwd();
const redisServer = new RedisServer();
let providers: LLMock;
let page: Loopback;
let sockets: WebSocketServer;
let surroundings: Surroundings;
let session: string;

beforeAll(async () => {
  if (hasRedis) await redisServer.start();
  providers = new LLMock({ port: 0 });
  providers.on({ userMessage: /./ }, { content: 'Two marbles roll into a bar.' });
  const mock = new URL(await providers.start());
  const app = new Hono().all('/chat', () => toResponse(fromText('Marbles roll.')));
  page = await serveFetch(app.fetch);
  sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  sockets.on('connection', (socket) => serveWebSocket(() => fromText('Hi'), socket));

  // Whatever host an example names, it is on loopback: that of the page, else that of the providers.
  const real = globalThis.fetch;
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(input instanceof Request ? input.url : input, page.url);
    const { origin } = [page.url, mock.origin].includes(url.origin)
      ? url
      : url.pathname === '/chat'
        ? new URL(page.url)
        : mock;
    const target = new URL(url.pathname.replace(/^\/openai\//, '/') + url.search, origin);
    return real(input instanceof Request ? new Request(target, input) : target, init);
  });
  vi.stubGlobal('requestAnimationFrame', (callback: () => void) => setTimeout(callback, 1));
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
  const RealSocket = globalThis.WebSocket;
  vi.stubGlobal(
    'WebSocket',
    class extends RealSocket {
      constructor() {
        super(`ws://127.0.0.1:${(sockets.address() as { port: number }).port}`);
      }
    },
  );
  for (const name of ['OPENAI', 'ANTHROPIC', 'GROQ', 'AZURE_OPENAI']) vi.stubEnv(`${name}_API_KEY`, 'key');
  vi.stubEnv('AZURE_OPENAI_ENDPOINT', 'http://azure.test');

  // The files that examples read.
  process.chdir(folder);
  mkdirSync('test/sessions', { recursive: true });
  const recorded = openai('gpt-5-mini', { fetch: recordFetch('test/sessions/weather.json') });
  await lastValueFrom(recorded.stream('Hello'));
  const lines: string[] = [];
  await lastValueFrom(fromText('Hello').pipe(recordChunks((line) => lines.push(`${line}\n`))));
  session = lines.join('');

  const { state } = await lastValueFrom(careful.stream('What is the weather?').pipe(collectRun()));
  surroundings = { redisPort: redisServer.port, page: page.url, stored: JSON.stringify(state) };
  if (hasRedis) {
    const { names, begun } = exampleWorld(surroundings);
    await lastValueFrom(names.model.stream('Hello').pipe(publishTo(names.redis, 'run-1')));
    begun.ends.forEach((end) => end());
  }
});

beforeEach(() => {
  writeFileSync('session.jsonl', session);
});

afterAll(async () => {
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
  process.chdir(before);
  rmSync(folder, { recursive: true });
  sockets.close();
  await Promise.all([providers.stop(), page.close(), redisServer.end()]);
});

describe('the examples of the doc comments', () => {
  it('are all found', () => {
    expect(examples).toHaveLength(countTags());
  });

  it('are run, but for a few', () => {
    const titles = examples.map(({ title }) => title);

    expect([...notRun.keys()].filter((title) => !titles.includes(title))).toEqual([]);
    expect(notRun.size).toBeLessThan(examples.length / 10);
  });

  it.each(compiled)('compile: $title', ({ problems }) => {
    expect(problems, 'what an example leaves out stands in exampleWorld.ts').toEqual([]);
  });

  const runnable = compiled.filter(({ title }) => !notRun.has(title));
  const needsRedis = ({ origins }: CompiledExample) => ['Redis', 'redis'].some((name) => origins.has(name));
  const run = async (example: CompiledExample) => {
    const compare = (actual: unknown, expected: unknown) => expect(actual).toEqual(expected);

    await expect(runExample(example, surroundings, compare)).resolves.toBeDefined();
  };

  it.each(runnable.filter((example) => !needsRedis(example)))('run: $title', run);

  it.skipIf(!hasRedis).each(runnable.filter(needsRedis))('run, where there is a Redis: $title', run);
});
