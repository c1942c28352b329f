import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObservable, lastValueFrom, type Observable, Subject, Subscription, toArray } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { WebSocket } from 'ws';
import type { CompiledExample } from './docExamples.ts';
import { assertTimelines } from '../../testing/index.ts';
import { exampleWorld, namesOfTests, type Surroundings, type World } from './exampleWorld.ts';

type Script = (...args: unknown[]) => () => Promise<void>;

/** Runs an example, then what it has made: streams are read to their end, models asked, routes called. */
export async function runExample(
  example: CompiledExample,
  surroundings: Surroundings,
  check: (actual: unknown, expected: unknown) => void,
): Promise<readonly unknown[]> {
  const modules = new Map<string, Record<string, unknown>>();
  for (const origin of new Set(example.origins.values())) {
    if (origin !== 'world') {
      modules.set(origin, (await import(/* @vite-ignore */ origin)) as Record<string, unknown>);
    }
  }
  const made: unknown[] = [];
  const outcome = (...results: unknown[]) => void made.push(...results);
  const start = (names: World) => {
    const values = [...example.origins].map(([name, origin]) =>
      origin === 'world' ? names[name as keyof World] : modules.get(origin)?.[name],
    );
    const parameters = [...example.origins.keys(), 'outcome', 'check'];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- It is code of ours, from its comment.
    const make = new Function(...parameters, `return ${example.script}`) as Script;
    return make(...values, outcome, check)();
  };

  if (namesOfTests.some((name) => example.origins.has(name))) {
    const scheduler = new TestScheduler(assertTimelines);
    await scheduler.run(() => {
      const run = start(exampleWorld(surroundings, scheduler).names);
      const isExpected = example.origins.has('expectChunks');
      for (const result of isExpected ? [] : made) {
        if (isObservable(result)) result.subscribe({ error: () => undefined });
      }
      return run;
    });
    return made;
  }

  const { names, begun } = exampleWorld(surroundings);
  try {
    await start(names);
    for (const result of made) await settle(result);
    await useServers(begun);
  } finally {
    for (const server of begun.servers) server.close();
    for (const server of begun.sockets) server.close();
    for (const end of begun.ends) await end();
  }
  return [...made, ...begun.shown];
}

interface Streaming {
  stream(prompt: string): unknown;
}

function isModel(value: unknown): value is Streaming {
  return (
    typeof value === 'object' && value !== null && 'stream' in value && typeof value.stream === 'function'
  );
}

/** Waits for the end of what an example has made. */
async function settle(value: unknown): Promise<void> {
  if (value instanceof Subject) value.complete();
  else if (isObservable(value)) await readAll(value);
  else if (value instanceof Subscription) await new Promise((closed) => value.add(() => closed(undefined)));
  else if (value instanceof Response) await readWell(value);
  else if (Array.isArray(value)) for (const element of value) await settle(element);
  else if (isModel(value)) await settle(value.stream('Hello'));
  else if (isApplication(value)) await askPage(value.listen(0, '127.0.0.1'));
  else await value;
}

async function readAll(stream: Observable<unknown>): Promise<void> {
  const emissions = await lastValueFrom(stream.pipe(toArray()));
  if (emissions.length === 0) throw new Error('It emits nothing');
}

interface Application {
  listen(port: number, host: string): Server;
}

/** Of Express. */
function isApplication(value: unknown): value is Application {
  return typeof value === 'function' && 'listen' in value;
}

const body = JSON.stringify({ model: 'test-1', messages: [{ role: 'user', content: 'Hello' }] });
const headers = { 'content-type': 'application/json' };

async function askPage(server: Server): Promise<void> {
  if (!server.listening) await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await readWell(await fetch(`http://127.0.0.1:${port}/chat`, { method: 'POST', headers, body }));
  } finally {
    server.close();
  }
}

async function readWell(response: Response): Promise<void> {
  const text = await response.text();
  if (response.status !== 529 && !response.ok) throw new Error(`It answers with ${response.status}: ${text}`);
  if (text.includes('stream-error')) throw new Error(`It answers with an error: ${text}`);
}

/** Comes to each route, server and signal that the example has set up. */
async function useServers({ app, servers, sockets, signals }: ReturnType<typeof exampleWorld>['begun']) {
  for (const { method, path } of app.routes) {
    const request = { method, headers, ...(method === 'POST' && { body }) };
    await readWell(await app.request(path.replace(':run', 'run-2'), request));
  }
  for (const server of servers) await askPage(server.listen(0, '127.0.0.1'));
  for (const server of sockets) {
    if (!server.address()) await once(server, 'listening');
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await once(client, 'open');
    client.send(JSON.stringify({ type: 'message', message: 'Hello' }));
    await once(client, 'message');
    client.close();
    await once(client, 'close');
  }
  for (const listener of signals.values()) listener();
}
