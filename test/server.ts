import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as the server saw it. */
interface SeenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
  /** Settles when the connection of the request is closed. */
  readonly closed: Promise<void>;
}

/** A raw HTTP server on loopback that answers exactly what a test tells it to. */
export interface TestServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Answers every further request. */
  respond(answer: (response: ServerResponse, request: SeenRequest) => void): void;
  /** Connections that are open now. */
  openConnections(): Promise<number>;
  close(): Promise<void>;
}

/** Starts a server on a free port. */
export async function startServer(): Promise<TestServer> {
  let answer: (response: ServerResponse, request: SeenRequest) => void = (response) => response.end();
  const requests: SeenRequest[] = [];

  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    const closed = once(response, 'close').then(() => undefined);
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const text = Buffer.concat(pieces).toString();
      const seen = {
        path: request.url ?? '',
        headers: request.headers,
        body: text === '' ? undefined : (JSON.parse(text) as unknown),
        closed,
      };
      requests.push(seen);
      answer(response, seen);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    respond: (next) => (answer = next),
    openConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
