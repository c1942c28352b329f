import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a port, 0 for any that is free, says where, and closes when the signal fires. */
export async function listenUntil(
  signal: AbortSignal,
  server: Server,
  port: number,
  say: (url: string) => void,
): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  say(`http://localhost:${(server.address() as AddressInfo).port}`);
  await once(signal, 'abort');
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

/** The number of a port, as it stands on a command line. */
export function toPort(given: string): number {
  const port = Number(given);
  if (/^\d+$/.test(given) && port < 65_536) return port;
  throw new Error(`--port must be a number from 0 to 65535, not ${given}`);
}
