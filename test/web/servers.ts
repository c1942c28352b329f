import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import { Hono } from 'hono';
import { concat, finalize, firstValueFrom, NEVER, type Observable, of, Subject } from 'rxjs';
import { onTestFinished } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { type BodyOptions, toResponse } from '../../web/index.ts';
import { pipeToNode } from '../../web/node.ts';
import { chunks } from '../chunks.ts';

/** What a server answers every request with. */
export type Answer = () => Observable<StreamChunk>;

/** Something that listens on loopback. */
export interface Listening {
  readonly url: string;
  readonly close: () => void;
}

/** Listens on a free port until the test has ended. */
export async function listen(server: Server): Promise<Listening> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}/`, close };
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

/** An answer that never ends by itself, and the moment when it is given up. */
export function endless(): { readonly answer: Answer; readonly gone: Promise<void> } {
  const left = new Subject<void>();
  return {
    answer: () => concat(of(chunks.s, chunks.a), NEVER).pipe(finalize(() => left.next())),
    gone: firstValueFrom(left),
  };
}

/** A server that answers with one function after the other, the last one again and again. */
export async function serveInTurn(
  ...answers: readonly ((response: ServerResponse, request: IncomingMessage) => void)[]
) {
  const requests: Pick<IncomingMessage, 'method' | 'headers'>[] = [];
  const listening = await listen(
    createServer((request, response) => {
      const answer = answers[Math.min(requests.length, answers.length - 1)];
      requests.push(request);
      answer?.(response, request);
    }),
  );
  return { ...listening, requests };
}
