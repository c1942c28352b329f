import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { concatMap, delay, finalize, from, NEVER, type Observable, of, throwError } from 'rxjs';
import type { TestProject } from 'vitest/node';
import { emptyPartial } from '../../src/errors.ts';
import { ProviderError, type StreamChunk } from '../../src/index.ts';
import { pipeToNode } from '../../web/node.ts';
import { WebSocketServer } from 'ws';
import {
  agUi,
  type ChunkFormat,
  ndjson,
  replayLog,
  serveWebSocket,
  sse,
  uiMessageStream,
} from '../../web/index.ts';
import { wires } from '../providers/wires.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the server of the browser tests is. */
    readonly url: string;
  }
}

/** What the page says, piece by piece. */
export const pieces = ['Hel', 'lo, ', 'wörld ', '🌍'];

const slowly = (): Observable<StreamChunk> =>
  from<StreamChunk[]>([
    { type: 'start', provider: 'test', model: 'test-1' },
    ...pieces.map((text): StreamChunk => ({ type: 'text-delta', text, block: 0 })),
    { type: 'finish', reason: 'stop', metadata: {} },
  ]).pipe(concatMap((chunk) => of(chunk).pipe(delay(30))));

const formats: Readonly<Record<string, () => ChunkFormat>> = { sse, ndjson, uiMessageStream, agUi };

/** Streams of ours, by the last part of the path. */
const streams: Readonly<Record<string, () => Observable<StreamChunk>>> = {
  hello: slowly,
  endless: () => slowly().pipe(concatMap((chunk) => (chunk.type === 'finish' ? NEVER : of(chunk)))),
  failing: () =>
    slowly().pipe(concatMap((chunk) => (chunk.type === 'finish' ? throwError(() => overloaded) : of(chunk)))),
};
const overloaded = new ProviderError('overloaded', {
  provider: 'test',
  status: 529,
  retryable: true,
  partial: () => ({ ...emptyPartial, text: pieces.join('') }),
});

/**
 * The other side of the browser tests: `/<provider>/<situation>/…` speaks as that provider, `/stream/<name>` and
 * `/log/<run>` are streams of ours, and `/left/<id>` answers when the request that named itself `?id=` was left.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const log = replayLog({ keepFor: 1_000 });
  const left = new Map<string, Promise<unknown>>();
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [, first = '', second = ''] = pathname.split('/');
    for (const name of ['origin', 'methods', 'headers'])
      response.setHeader(`access-control-allow-${name}`, '*');
    if (request.method === 'OPTIONS') {
      response.setHeader(
        'access-control-allow-headers',
        request.headers['access-control-request-headers'] ?? '*',
      );
      response.end();
      return;
    }
    request.resume();
    const id = searchParams.get('id') ?? second;
    if (first === 'left') {
      void left.get(id)?.then(() => response.end('left'));
    } else if (first === 'stream') {
      let end = (): void => undefined;
      left.set(id, new Promise<void>((resolve) => (end = resolve)));
      const format = formats[searchParams.get('format') ?? 'sse']?.() ?? sse();
      pipeToNode((streams[second] ?? slowly)().pipe(finalize(() => end())), response, { format });
    } else if (first === 'log') {
      pipeToNode(
        log.record(second, slowly(), { after: request.headers['last-event-id'] as string }),
        response,
      );
    } else {
      left.set(`${first}-${second}`, once(response, 'close'));
      void speak(first, second, response);
    }
  });
  new WebSocketServer({ server }).on('connection', (socket) => {
    serveWebSocket(() => slowly(), socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  project.provide('url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);

  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

/** Answers as a provider does. */
async function speak(name: string, situation: string, response: ServerResponse): Promise<void> {
  const wire = wires.find((one) => one.name === name);
  if (!wire) {
    response.writeHead(404).end();
    return;
  }
  const write = (events: readonly object[]) => response.write(events.map(wire.frame).join(''));
  if (situation === 'busy') {
    response.writeHead(429, { 'content-type': 'application/json' }).end(JSON.stringify(wire.errorBody));
    return;
  }
  response.writeHead(200, { 'content-type': wire.contentType });
  write(wire.opening);
  for (const piece of pieces) {
    write(wire.text(piece));
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  if (situation === 'cut') response.destroy();
  if (situation !== 'answer') return;
  write(wire.closing);
  response.end(wire.sentinel);
}
