import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';

/** A web server on loopback. */
export interface Loopback {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a server on a free port that answers as `fetch` does. */
export function serveFetch(fetch: (request: Request) => Response | Promise<Response>): Promise<Loopback> {
  return new Promise((resolve) => {
    const server = serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }: AddressInfo) => {
      resolve({
        url: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed();
            });
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}
