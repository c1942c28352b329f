import { constants, gzipSync } from 'node:zlib';
import type { Wire } from '../providers/wires/wire.ts';
import type { Exchange, Play } from './fault.ts';

/** The bytes of events. */
export function framed(wire: Wire, events: readonly object[]): string {
  return events.map(wire.frame).join('');
}

/** An answer up to the first piece of its text. */
export function opening(wire: Wire): string {
  return framed(wire, [...wire.opening, ...wire.text('Hel')]);
}

/** The rest of that answer. */
export function rest(wire: Wire): string {
  return framed(wire, [...wire.text('lo'), ...wire.closing]) + wire.sentinel;
}

function begin({ wire, response }: Exchange, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': wire.contentType, 'x-request-id': 'request-1', ...headers });
}

/** Answers with a body, whole or from its beginning on, and ends. */
export function body(text: (wire: Wire) => string | Buffer, headers?: Record<string, string>): Play {
  return (exchange) => {
    begin(exchange, headers);
    exchange.response.end(text(exchange.wire));
  };
}

/** Begins an answer, leaves it open and, when its text has been read, goes on. */
export function open(text: (wire: Wire) => string, then?: (exchange: Exchange) => void): Play {
  return (exchange) => {
    begin(exchange);
    exchange.response.flushHeaders();
    if (text(exchange.wire) !== '') exchange.response.write(text(exchange.wire));
    if (then) void exchange.read.then(() => then(exchange));
  };
}

/** Answers with an HTTP error in the provider's own shape. */
export function status(code: number, headers: Record<string, string | undefined> = {}, word?: string): Play {
  return ({ wire, response }) => {
    const type = word ?? undefined;
    const error = { message: 'slow down', ...(type && { type, code: type }) };
    const told = Object.entries(headers).filter(([, value]) => value !== undefined);
    if ('date' in headers) response.sendDate = headers['date'] !== undefined;
    response.writeHead(code, { 'content-type': 'application/json', ...Object.fromEntries(told) });
    response.end(
      JSON.stringify(wire.name === 'ollama' ? { error: error.message } : { type: 'error', error }),
    );
  };
}

/** Answers with an HTTP status and any body. */
export function plain(code: number, headers: Record<string, string>, text: string | Buffer = ''): Play {
  return ({ response }) => response.writeHead(code, headers).end(text);
}

/** Writes bytes as they are to the socket, which breaks HTTP where they do. */
export function raw(text: string, then: 'stay' | 'end' = 'stay'): Play {
  return ({ socket }) => {
    socket.write(text);
    if (then === 'end') socket.end();
  };
}

/** Sends headers and body byte by byte. */
export const dripping: Play = ({ wire, socket }) => {
  const content = opening(wire) + rest(wire);
  const head = `HTTP/1.1 200 OK\r\ncontent-type: ${wire.contentType}\r\nconnection: close\r\n\r\n`;
  const bytes = Buffer.from(head + content);
  let sent = 0;
  const next = () => {
    if (socket.destroyed) return;
    if (sent >= bytes.length) {
      socket.end();
      return;
    }
    socket.write(bytes.subarray(sent, (sent += sent < head.length ? 5 : 50)));
    setTimeout(next, 1);
  };
  next();
};

/** A gzipped answer of which the end is missing. */
export function gzipCut(wire: Wire): Buffer {
  return gzipSync(opening(wire), { finishFlush: constants.Z_SYNC_FLUSH });
}

/** A gzipped answer whose bytes are damaged. */
export function gzipBroken(wire: Wire): Buffer {
  const whole = gzipSync(opening(wire) + rest(wire));
  whole.fill(0xff, 20, 60);
  return whole;
}

/** Sends to another path, which answers as `then`. */
export function redirect(code: number, then: Play): Play {
  return (exchange) => {
    if (exchange.count > 1) then(exchange);
    else exchange.response.writeHead(code, { location: 'elsewhere' }).end();
  };
}
