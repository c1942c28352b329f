import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { concat, from, lastValueFrom, materialize, type Observable, throwError, toArray } from 'rxjs';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError } from '../../src/errors.ts';
import type { LanguageModel } from '../../src/model.ts';
import { silenceDeprecatedModels } from './quietSdk.ts';

/** One entry of an `index.json` of recordings. */
interface Entry {
  readonly file: string;
  readonly protocol: string;
  readonly model?: string | null;
  readonly http?: { readonly status?: number | null; readonly content_type?: string | null } | null;
}

/** What a stream did: its chunks, and the facts of its error. */
export interface Run {
  readonly chunks: readonly StreamChunk[];
  readonly error: unknown;
}

/** Says how what arrived differs from what was sent: nothing, if all is well. */
type Check = (sent: Run, again: Observable<StreamChunk>) => Promise<readonly string[]>;

const providers: Readonly<Record<string, (name: string, fetch: typeof globalThis.fetch) => LanguageModel>> = {
  'openai-chat': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-compatible': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-responses': (name, fetch) => openai(name, { apiKey: 'none', fetch }),
  anthropic: (name, fetch) => anthropic(name, { apiKey: 'none', fetch }),
  ollama: (name, fetch) => ollama(name, { fetch }),
};

/** Runs a stream to its end. */
export async function runOf(source: Observable<StreamChunk>): Promise<Run> {
  return (await record(source)).sent;
}

/**
 * Checks every recording of the folder on the command line, with and without its raw events, and tells how many
 * survive `what`.
 */
export async function checkRecordings(what: string, check: Check): Promise<void> {
  silenceDeprecatedModels();
  const [, script = '', folder = ''] = process.argv;
  if (folder === '') {
    console.error(`Usage: node ${relative('', script)} <folder with an index.json>`);
    process.exit(2);
  }
  const { entries } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { entries: Entry[] };
  let failed = 0;
  let chunkCount = 0;
  for (const entry of entries) {
    const found: string[] = [];
    try {
      for (const includeRaw of [false, true]) {
        const { sent, again } = await record(await play(folder, entry, includeRaw));
        chunkCount += sent.chunks.length;
        const differences = await check(sent, again);
        found.push(...differences.map((how) => `${entry.file}${includeRaw ? ', raw,' : ''} over ${how}`));
      }
    } catch (error) {
      found.push(`${entry.file}: ${(error as Error).stack}`);
    }
    for (const line of found) console.log(line);
    if (found.length > 0) failed += 1;
  }
  const count = `${entries.length - failed} of ${entries.length} recordings`;
  console.log(`${count}, ${chunkCount} chunks with and without the raw ones, survive ${what}`);
  process.exitCode = failed === 0 && entries.length > 0 ? 0 : 1;
}

async function play(folder: string, { file, protocol, model, http }: Entry, includeRaw: boolean) {
  const body = await readFile(join(folder, file));
  const headers = { 'content-type': http?.content_type ?? 'text/plain' };
  const answer = () => Promise.resolve(new Response(body, { status: http?.status ?? 200, headers }));
  const create = providers[protocol];
  if (!create) throw new Error(`Unknown protocol ${protocol}`);
  const request = { messages: [{ role: 'user', content: 'Hi' }], includeRaw } as const;
  return create(model ?? 'recorded', answer).stream(request);
}

async function record(source: Observable<StreamChunk>) {
  const seen = await lastValueFrom(source.pipe(materialize(), toArray()));
  const chunks = seen.flatMap((one) => (one.kind === 'N' ? [one.value] : []));
  const last = seen.at(-1);
  const error: unknown = last?.kind === 'E' ? last.error : undefined;
  // What the wire can hold: a field that is undefined is none.
  const sent: Run = {
    chunks: toJson(chunks) as StreamChunk[],
    error: isRxllmError(error) ? toJson(error) : error,
  };
  return { sent, again: concat(from(chunks), last?.kind === 'E' ? throwError(() => error as Error) : []) };
}

function toJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
