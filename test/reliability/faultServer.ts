import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createSocketServer,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { setDefaultCACertificates } from 'node:tls';
import { ProxyAgent } from 'undici';
import type { Wire } from '../providers/wires/wire.ts';
import { createCertificate } from './certificate.ts';
import type { Place, Play } from './fault.ts';

/** What one row does at the servers. */
export interface Case {
  readonly wire: Wire;
  readonly play: Play;
  readonly read: Promise<unknown>;
  /** Called when a request has come. */
  readonly onRequest: () => void;
}

/** What a server saw of a row. */
export interface Seen {
  requests: number;
  socket?: Socket;
  /** Whether the server has sent all of its answer. */
  isSent: boolean;
}

/** The servers of all rows. */
export interface FaultServers {
  /** Opens a path for a row and tells its URL. */
  add(place: Place, row: Case): { readonly url: string; readonly seen: Seen };
  /** The proxy that lets nobody through. */
  readonly proxy: ProxyAgent;
  openConnections(): Promise<number>;
  /** Closes the connections that wait for a request. */
  closeIdle(): void;
  close(): Promise<void>;
}

/** Starts the servers of all places, on loopback. */
export async function startFaultServers(): Promise<FaultServers> {
  const rows = new Map<string, { readonly row: Case; readonly seen: Seen }>();

  const answer: RequestListener = (request, response) => {
    const found = rows.get(/^\/(c\d+)\//.exec(request.url ?? '')?.[1] ?? '');
    if (!found) throw new Error(`Nobody asked for ${request.url ?? ''}`);
    const { row, seen } = found;
    seen.requests += 1;
    seen.socket = request.socket;
    response.on('finish', () => (seen.isSent = true));
    request.resume().on('end', () => {
      row.onRequest();
      row.play({ wire: row.wire, response, socket: request.socket, read: row.read, count: seen.requests });
    });
  };

  const trusted = createCertificate();
  setDefaultCACertificates([trusted.cert]);
  const web = createServer(answer);
  const unused = new Set<Socket>();
  web.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('data', () => unused.delete(socket)).once('close', () => unused.delete(socket));
  });
  const secure = createSecureServer(trusted, answer);
  const untrusted = createSecureServer(createCertificate(), answer);
  const hangingUp = createSocketServer((socket) => socket.once('data', () => socket.destroy()));
  const noHttp = createSocketServer((socket) =>
    socket.once('data', () => socket.end('220 mail.test ESMTP\r\n')),
  );
  const proxy = createServer().on('connect', (_, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  const gone = createSocketServer();
  const all: (Server | SocketServer)[] = [web, secure, untrusted, hangingUp, noHttp, proxy, gone];
  for (const server of all) server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await Promise.all(all.map((server) => once(server, 'listening')));
  const at = (scheme: string, server: Server | SocketServer) =>
    `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const urls: Readonly<Record<Place, string>> = {
    server: at('http', web),
    'TLS server': at('https', secure),
    'untrusted TLS server': at('https', untrusted),
    'nobody listens': at('http', gone),
    'no such name': 'http://models.invalid',
    'hangs up in the TLS handshake': at('https', hangingUp),
    'no HTTP': at('http', noHttp),
    'behind a proxy that refuses': at('http', web),
  };
  const proxyAgent = new ProxyAgent(at('http', proxy));
  gone.close();
  await once(gone, 'close');

  return {
    add: (place, row) => {
      const path = `c${rows.size}`;
      const seen: Seen = { requests: 0, isSent: false };
      rows.set(path, { row, seen });
      return { url: `${urls[place]}/${path}`, seen };
    },
    proxy: proxyAgent,
    openConnections: async () => {
      const counts = [web, secure, untrusted].map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
          }),
      );
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
    closeIdle: () => {
      for (const server of [web, secure]) server.closeIdleConnections();
      // `fetch` keeps a connection that was made for a request which was then aborted.
      for (const socket of unused) socket.destroy();
    },
    close: async () => {
      await proxyAgent.close();
      for (const server of [web, secure, untrusted, proxy]) server.closeAllConnections();
      for (const server of all) server.close();
    },
  };
}
