import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Observable } from 'rxjs';
import { onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import type { StreamChunk } from '../../src/chunk.ts';
import { serveWebSocket, type SocketTurn } from '../../web/index.ts';

/** Serves a handler over real sockets until the test has ended. */
export async function serveSockets(
  handler: (message: unknown, turn: SocketTurn) => Observable<StreamChunk>,
): Promise<{ readonly url: string; readonly server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => serveWebSocket(handler, socket));
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
