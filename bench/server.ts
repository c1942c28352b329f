/** The other side, a process of its own: `/<workload>/…` answers with a body that was rendered before. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { type Body, jsonPieces, piecesOf, render, type Wire } from './bodies.ts';
import { firstDelay, type WorkloadName, workloads } from './workloads.ts';

const rendered = new Map<string, Body>();

function bodyOf(wire: Wire, workload: string): Body {
  const key = `${wire} ${workload}`;
  const { deltas, json } = workloads[workload as WorkloadName];
  const body = rendered.get(key) ?? render(wire, json === undefined ? piecesOf(deltas) : jsonPieces(json));
  rendered.set(key, body);
  return body;
}

const answers: Record<
  string,
  (response: ServerResponse, body: Body, workload: string) => Promise<void> | void
> = {
  burst: (response, { opening, pieces, closing }, workload) => {
    const key = `${workload} ${pieces[0] ?? ''}`;
    const bytes = joined.get(key) ?? Buffer.from(opening + pieces.join('') + closing);
    joined.set(key, bytes);
    response.end(bytes);
  },
  paced: async (response, { opening, pieces, closing }) => {
    response.write(opening);
    for (const piece of pieces) {
      response.write(piece);
      await turn();
    }
    response.end(closing);
  },
  first: async (response, { opening, pieces, closing }) => {
    response.flushHeaders();
    await sleep(firstDelay);
    response.write(opening + (pieces[0] ?? ''));
    await sleep(20);
    response.end(pieces.slice(1).join('') + closing);
  },
};
const joined = new Map<string, Buffer>();

const server = createServer((request, response) => {
  const path = request.url ?? '';
  const workload = path.split('/')[1] ?? '';
  const wire = path.includes('/chat/completions')
    ? 'chat'
    : path.includes('/responses')
      ? 'responses'
      : path.includes('/messages')
        ? 'anthropic'
        : 'ollama';
  request.resume().on('end', () => {
    const body = bodyOf(wire, workload);
    response.writeHead(200, { 'content-type': body.contentType });
    void answers[workloads[workload as WorkloadName].answer]?.(response, body, workload);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit());
