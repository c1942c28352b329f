/** What stands around the examples of doc comments: a model, a page, a web server; each a stand-in that really works. */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { StdioServerParameters } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { Queue } from 'bullmq';
import express from 'express';
import { Hono } from 'hono';
import { Redis } from 'ioredis';
import { type Observable, of } from 'rxjs';
import {
  type CollectedResponse,
  type LanguageModel,
  type Message,
  ProviderError,
  type RunState,
  type StreamChunk,
} from 'rxllm';
import { agent, tool } from 'rxllm/agents';
import { fromText, recordTimeline, assertTimelines, chunkMarbles, toolCall } from 'rxllm/testing';
import { retryStream } from 'rxllm/operators';
import { TestScheduler } from 'rxjs/testing';
import { configure } from 'rxjs-marbles';
import { EventSource } from 'undici';
import { WebSocketServer as SocketServer } from 'ws';
import { z } from 'zod';

/** What is there only while examples run. */
export interface Surroundings {
  /** A Redis on loopback, where there is one. */
  readonly redisPort: number;
  /** The server on loopback that answers what the page asks. */
  readonly page: string;
  /** A run that waits for a decision, as JSON. */
  readonly stored: string;
}

/** The names that examples may use without declaring them, and what they have begun. */
export type World = ReturnType<typeof exampleWorld>['names'];

const usage = { inputTokens: 12, outputTokens: 7, totalTokens: 19 };

/** Fits each of the schemas that examples ask for. */
const meal = { title: 'Rösti', minutes: 30 };
const structured = JSON.stringify({ ...meal, recipes: [meal, meal] });

/** Calls the first tool that it is given, then answers. */
const model: LanguageModel = {
  provider: 'test',
  model: 'test-1',
  capabilities: {
    streaming: true,
    tools: true,
    parallelTools: true,
    thinking: true,
    structuredOutput: true,
    images: true,
  },
  stream: (request) => {
    const { messages = [], tools: [first] = [], outputSchema } = typeof request === 'string' ? {} : request;
    if (outputSchema) return fromText(structured, { usage });
    if (!first || messages.at(-1)?.role === 'tool') return fromText('Bern is warmer. It is 7 °C.', { usage });
    const wanted = { city: 'Bern', to: 'ada@example.org', body: 'Hello' };
    return fromText('One moment. ', {
      toolCalls: [{ toolName: first.name, arguments: wanted, toolCallId: 'call_7' }],
      usage,
    });
  },
};

const question = 'What is the weather in Bern?';
const messages: readonly Message[] = [{ role: 'user', content: question }];
const city = z.object({ city: z.string() });
const weather = tool({ name: 'weather', parameters: city, execute: ({ city }) => `sunny in ${city}` });
const time = tool({ name: 'time', parameters: city, execute: () => '12:00' });
const search = tool({ name: 'search', parameters: city, execute: () => 'three pages' });
const report = tool({ name: 'report', parameters: z.object({}), execute: () => 'written' });
const email = tool({
  name: 'email',
  parameters: z.object({ to: z.string(), body: z.string() }),
  execute: ({ to }) => `sent to ${to}`,
});

/** Its tool waits for a decision. */
export const careful = agent({ model, tools: [{ ...weather, approve: () => of('later' as const) }] });

/** A world for one example. What it has begun is in `begun`; `end` leaves nothing behind. */
export function exampleWorld(
  { redisPort, page, stored }: Surroundings,
  scheduler = new TestScheduler(assertTimelines),
) {
  const app = new Hono();
  const begun = {
    app,
    servers: new Set<Server>(),
    sockets: new Set<SocketServer>(),
    signals: new Map<string, () => unknown>(),
    shown: [] as unknown[],
    ends: new Set<() => unknown>(),
  };
  const show = (...values: readonly unknown[]): void => void begun.shown.push(...values);
  const log = { log: show, error: show, debug: show };
  const body = {
    ...{ model: 'test-1', messages: [{ id: '1', role: 'user', content: question, parts: [] as unknown[] }] },
    ...{ threadId: 't', runId: 'r', state: {}, tools: [], context: [], forwardedProps: {}, id: 'chat' },
  };
  body.messages[0]?.parts.push({ type: 'text', text: question });

  class OwnRedis extends Redis {
    constructor(options: { readonly maxRetriesPerRequest?: null } = {}) {
      super({ ...options, host: '127.0.0.1', port: redisPort, lazyConnect: true });
      begun.ends.add(() => this.disconnect());
    }
  }
  let redis: Redis | undefined;

  const names = {
    // The model and who asks it.
    model,
    myModel: model,
    assistant: agent({ model, tools: [weather] }),
    weather,
    time,
    search,
    report,
    email,
    tools: [weather] as const,
    question,
    prompt: question,
    task: question,
    prompts: [question, 'And in Oslo?'],
    messages,
    chunks: [] as StreamChunk[],
    responses: [{ usage }, { usage }] as Pick<CollectedResponse, 'usage'>[],
    recipe: z.object({ title: z.string(), minutes: z.number() }),
    classify: (_: readonly Message[]): Observable<string> => of('weather'),
    secret: 'swordfish',
    apiKey: 'none-of-your-business',
    password: 'swordfish',
    stored,
    states: new Map<string, RunState>(),

    // The page.
    show,
    preview: show,
    speak: show,
    fail: show,
    element: { textContent: '' },
    status: { textContent: '' },
    stopButton: new EventTarget(),
    token: () => 'token',
    histogram: { record: show },
    toSignal: <T>(source: Observable<T>): (() => T | undefined) => {
      let latest: T | undefined;
      const subscription = source.subscribe((value) => (latest = value));
      begun.ends.add(() => subscription.unsubscribe());
      return () => latest;
    },
    EventSource: class extends EventSource {
      constructor(path: string) {
        super(new URL(path, page).href);
        begun.ends.add(() => this.close());
      }
    } as unknown as typeof globalThis.EventSource,
    ajax: { getJSON: (url: string): Observable<{ url: string }> => of({ url }) },
    console: log,

    // The server.
    app,
    express,
    context: { req: { json: () => Promise.resolve<unknown>(body) } },
    request: new Request('http://localhost/chat'),
    response: { json: show },
    body: body as unknown,
    error: new ProviderError('busy', { provider: 'test', status: 529, retryable: true }) as unknown,
    server: { close: show },
    createServer: (listener: RequestListener): Server => {
      const server = createHttpServer(listener);
      begun.servers.add(server);
      return server;
    },
    WebSocketServer: class extends SocketServer {
      constructor(_: { port: number }) {
        super({ port: 0, host: '127.0.0.1' });
        begun.sockets.add(this);
      }
    },
    process: {
      env: {} as Readonly<Record<string, string | undefined>> & { readonly MODEL?: string },
      stdout: { write: show },
      once: (signal: string, listener: () => unknown): void => void begun.signals.set(signal, listener),
    },

    // Other programs.
    Redis: OwnRedis,
    get redis(): Redis {
      return (redis ??= new OwnRedis());
    },
    Queue,
    Client,
    StdioClientTransport: function connect() {
      const server = new McpServer({ name: 'test-server', version: '1.0.0' });
      for (const name of ['search', 'fetch']) {
        server.registerTool(name, { inputSchema: { city: z.string() } }, () => ({ content: [] }));
      }
      const [near, far] = InMemoryTransport.createLinkedPair();
      void server.connect(far);
      begun.ends.add(() => server.close());
      return near;
    } as unknown as new (program: StdioServerParameters) => Transport,

    // Tests: in the time of this scheduler.
    scheduler,
    ...chunkTools(scheduler),
    /** Says "Hel" until frame 4, with a call of a tool at 3; then it fails and is tried again. */
    get timeline() {
      const answer = chunkMarbles(scheduler).coldChunks('-Hecl#', {
        c: toolCall('weather', { city: 'Bern' }),
      });
      const seen = recordTimeline(scheduler, answer.pipe(retryStream({ count: 1, scheduler })));
      scheduler.flush();
      return seen;
    },
    it: (_: string, test: () => void): void => test(),
    marbles: configure({ run: true, frameworkMatcher: true, assertDeepEqual: assertTimelines }).marbles,
  };
  return { names, begun };
}

/** What only examples of tests use. */
export const namesOfTests = ['scheduler', 'coldChunks', 'expectChunks', 'timeline'];

function chunkTools(scheduler: TestScheduler) {
  const { coldChunks, expectChunks } = chunkMarbles(scheduler);
  return { coldChunks, expectChunks };
}
