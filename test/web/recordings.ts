/**
 * Sends every recorded answer through each format, and through a WebSocket, and back: what arrives is what was sent.
 *
 * `node test/web/recordings.ts <folder with an index.json>`
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { concat, from, lastValueFrom, materialize, type Observable, of, throwError, toArray } from 'rxjs';
import { WebSocketServer } from 'ws';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import { fromResponse, fromWebSocket, ndjson, serveWebSocket, sse, toResponse } from '../../web/index.ts';
import { silenceDeprecatedModels } from './quietSdk.ts';

/** One entry of an `index.json` of recordings. */
interface Entry {
  readonly file: string;
  readonly protocol: string;
  readonly model?: string | null;
  readonly http?: { readonly status?: number | null; readonly content_type?: string | null } | null;
}

/** What a stream did: its chunks, and the facts of its error. */
interface Run {
  readonly chunks: readonly StreamChunk[];
  readonly error: unknown;
}

let chunkCount = 0;
silenceDeprecatedModels();
const [folder = ''] = process.argv.slice(2);
const providers: Readonly<Record<string, (name: string, fetch: typeof globalThis.fetch) => LanguageModel>> = {
  'openai-chat': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-compatible': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-responses': (name, fetch) => openai(name, { apiKey: 'none', fetch }),
  anthropic: (name, fetch) => anthropic(name, { apiKey: 'none', fetch }),
  ollama: (name, fetch) => ollama(name, { fetch }),
};

async function run(
  source: Observable<StreamChunk>,
): Promise<Run & { readonly again: Observable<StreamChunk> }> {
  const seen = await lastValueFrom(source.pipe(materialize(), toArray()));
  const chunks = seen.flatMap((one) => (one.kind === 'N' ? [one.value] : []));
  const last = seen.at(-1);
  const error: unknown = last?.kind === 'E' ? last.error : undefined;
  return {
    // What the wire can hold: a field that is undefined is none.
    chunks: toJson(chunks) as StreamChunk[],
    error: isRxllmError(error) ? toJson(error) : error,
    again: concat(from(chunks), last?.kind === 'E' ? throwError(() => error as Error) : of()),
  };
}

function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

async function play({ file, protocol, model, http }: Entry, includeRaw: boolean): ReturnType<typeof run> {
  const body = await readFile(join(folder, file));
  const headers = { 'content-type': http?.content_type ?? 'text/plain' };
  const answer = () => Promise.resolve(new Response(body, { status: http?.status ?? 200, headers }));
  const create = providers[protocol];
  if (!create) throw new Error(`Unknown protocol ${protocol}`);
  return run(
    create(model ?? 'recorded', answer).stream({ messages: [{ role: 'user', content: 'Hi' }], includeRaw }),
  );
}

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

async function check(entry: Entry): Promise<string[]> {
  const found: string[] = [];
  for (const includeRaw of [false, true]) {
    const { again, ...sent } = await play(entry, includeRaw);
    chunkCount += sent.chunks.length;
    next = again;
    const { chunks, error } = await run(fromWebSocket(url, of({ message: '' })));
    if (!isDeepStrictEqual(joined({ chunks, error }), joined(sent))) {
      found.push(`${entry.file} over a WebSocket: another stream arrives`);
    }
    for (const format of [sse(), ndjson()]) {
      const { encode, decode, contentType } = format;
      if (!decode) throw new Error(`${contentType} cannot be read`);
      const pieces = await lastValueFrom(again.pipe(encode, toArray()));
      const text = pieces.join('');
      const compare = (how: string, one: Run, other: Run) => {
        if (isDeepStrictEqual(one.chunks, other.chunks) && isDeepStrictEqual(one.error, other.error)) return;
        found.push(
          `${entry.file} over ${contentType}, ${how}${includeRaw ? ', raw' : ''}: another stream arrives`,
        );
      };
      for (const [how, cut] of [
        ['whole', [text]],
        ['characters', text.length < 50_000 ? Array.from(text) : [text]],
        ['CRLF', [text.replaceAll('\n', '\r\n')]],
      ] as const) {
        const { chunks, error } = await run(from(cut).pipe(decode));
        compare(how, sent, { chunks, error });
      }
      const { chunks, error } = await run(fromResponse(toResponse(again, { format })));
      compare('Response', joined(sent), joined({ chunks, error }));
    }
  }
  return found;
}

if (folder === '') {
  console.error('Usage: node test/web/recordings.ts <folder with an index.json>');
  process.exit(2);
}
const { entries } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { entries: Entry[] };
let failed = 0;
for (const entry of entries) {
  const found = await check(entry).catch((error: unknown) => [`${entry.file}: ${String(error)}`]);
  for (const line of found) console.log(line);
  if (found.length > 0) failed += 1;
}
console.log(
  `${entries.length - failed} of ${entries.length} recordings, ${chunkCount} chunks with and without the raw ones, survive the web`,
);
server.close();
process.exitCode = failed === 0 && entries.length > 0 ? 0 : 1;
