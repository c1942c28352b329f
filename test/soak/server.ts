/** The server of the soak, in a process of its own: what a request says in its prompt is done to it. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { framed, opening, rest } from '../reliability/plays.ts';
import { wires } from '../providers/wires.ts';

/** What the server tells the process that made it. */
export type ServerReport = { readonly url: string } | { readonly inFlight: number; readonly served: number };

let inFlight = 0;
let served = 0;

const server = createServer((request, response) => {
  let body = '';
  served += 1;
  inFlight += 1;
  response.on('close', () => (inFlight -= 1));
  response.on('error', () => undefined);
  request.on('data', (piece: Buffer) => (body += piece.toString()));
  request.on('error', () => undefined);
  request.on('end', () => {
    const name = /\/(\w+)\//.exec(request.url ?? '')?.[1];
    const wire = wires.find((candidate) => candidate.name === name);
    const fault = /fault=([\w-]+)/.exec(body)?.[1] ?? '';
    if (wire) serve(fault, wire, response);
    else response.writeHead(404).end();
  });
});

function serve(fault: string, wire: (typeof wires)[number], response: ServerResponse): void {
  const begin = () => response.writeHead(200, { 'content-type': wire.contentType });
  const words = Array.from({ length: 20 }, (_, index) => `<think>w${index}</think> `);
  const many = () => framed(wire, words.flatMap(wire.text));

  switch (fault) {
    case 'reset-early':
      response.socket?.resetAndDestroy();
      return;
    case 'no-headers':
      return;
    case 'limit':
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after-ms': '20' });
      response.end(JSON.stringify(wire.errorBody));
      return;
    case 'page':
      response.writeHead(503, { 'content-type': 'text/html' }).end('<title>Down</title>');
      return;
    case 'tools':
      begin().end(
        framed(wire, [...wire.opening, ...wire.toolCall, ...wire.closingAfterTool]) + wire.sentinel,
      );
      return;
    default:
  }
  begin().write(opening(wire));
  setTimeout(() => {
    if (response.destroyed) return;
    response.write(many());
    setTimeout(() => {
      if (!response.destroyed) end(fault, wire, response);
    }, 10);
  }, 10);
}

function end(fault: string, wire: (typeof wires)[number], response: ServerResponse): void {
  switch (fault) {
    case 'stall':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'close':
      response.socket?.destroy();
      return;
    case 'cut':
      response.end();
      return;
    case 'malformed':
      response.write(framed(wire, wire.text('x')).replace('{', '{{'));
      return;
    case 'error-event':
      response.write(framed(wire, [wire.errorEvent]));
      return;
    default:
      response.end(rest(wire));
  }
}

server.listen(0, '127.0.0.1', 2048, () => {
  tell({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', () => tell({ inFlight, served }));
process.on('disconnect', () => process.exit());

function tell(report: ServerReport): void {
  process.send?.(report);
}
