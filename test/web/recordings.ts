/**
 * Sends every recorded answer through each format, and through a WebSocket, and back: what arrives is what was sent.
 *
 * `node test/web/recordings.ts <folder with an index.json>`
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { from, lastValueFrom, type Observable, of, toArray } from 'rxjs';
import { WebSocketServer } from 'ws';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { fromResponse, fromWebSocket, ndjson, serveWebSocket, sse, toResponse } from '../../web/index.ts';
import { checkRecordings, type Run, runOf } from './recordedRuns.ts';

const joined = ({ chunks, error }: Run): Run => {
  let all: StreamChunk[] = [];
  of(chunks)
    .pipe(joinDeltas())
    .subscribe((joinedChunks) => (all = joinedChunks));
  return { chunks: all, error };
};

/** What a socket answers the next message with. */
let next: Observable<StreamChunk> = of();
const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
server.on('connection', (socket) => serveWebSocket(() => next, socket));
await once(server, 'listening');
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;

await checkRecordings('the web', async (sent, again) => {
  const found: string[] = [];
  const compare = (how: string, one: Run, other: Run) => {
    if (!isDeepStrictEqual(one, other)) found.push(`${how}: another stream arrives`);
  };
  next = again;
  compare('a WebSocket', joined(sent), joined(await runOf(fromWebSocket(url, of({ message: '' })))));
  for (const format of [sse(), ndjson()]) {
    const { encode, decode, contentType } = format;
    if (!decode) throw new Error(`${contentType} cannot be read`);
    const pieces = await lastValueFrom(again.pipe(encode, toArray()));
    const text = pieces.join('');
    for (const [how, cut] of [
      ['whole', [text]],
      ['characters', text.length < 50_000 ? Array.from(text) : [text]],
      ['CRLF', [text.replaceAll('\n', '\r\n')]],
    ] as const) {
      compare(`${contentType}, ${how}`, sent, await runOf(from(cut).pipe(decode)));
    }
    const response = fromResponse(toResponse(again, { format }));
    compare(`${contentType}, Response`, joined(sent), joined(await runOf(response)));
  }
  return found;
});
server.close();
