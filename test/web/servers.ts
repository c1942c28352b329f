import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import type { Observable } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import { type BodyOptions, toResponse } from '../../web/index.ts';
import { pipeToNode } from '../../web/node.ts';

/** What a server answers every request with. */
export type Answer = () => Observable<StreamChunk>;

/** Something that listens on loopback. */
export interface Listening {
  readonly url: string;
  readonly close: () => void;
}

/** Listens on a free port. */
export async function listen(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function withNodeHttp(answer: Answer, options: BodyOptions): RequestListener {
  return (_, response) => void pipeToNode(answer(), response, options);
}

function withExpress(answer: Answer, options: BodyOptions): RequestListener {
  const app = express();
  app.all('/', (_, response) => void pipeToNode(answer(), response, options));
  return app;
}

function withHono(answer: Answer, options: BodyOptions): RequestListener {
  const app = new Hono();
  app.all('/', () => toResponse(answer(), options));
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
}

/** The answer by node:http. */
export function serveWithNode(answer: Answer, options: BodyOptions = {}): Promise<Listening> {
  return listen(createServer(withNodeHttp(answer, options)));
}

/** The same answer by each kind of server. */
export const servers = Object.entries({ withNodeHttp, withExpress, withHono }).map(
  ([name, toListener]) =>
    [
      name.slice('with'.length),
      (answer: Answer, options: BodyOptions = {}) => listen(createServer(toListener(answer, options))),
    ] as const,
);

/** A server that speaks HTTP/2 without encryption. */
export async function listenHttp2(
  onRequest: NonNullable<Parameters<typeof createHttp2Server>[1]>,
): Promise<Listening> {
  const server = createHttp2Server(onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}
