/**
 * Sends every recorded answer through the protocols of others and back: over those that hold our chunks what arrives is
 * what was sent; without them, and over OpenAI's as its SDK reads it, text, thinking and tool calls are.
 *
 * `node test/web/protocolRecordings.ts <folder with an index.json>`
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import OpenAI from 'openai';
import { concat, from, lastValueFrom, materialize, type Observable, throwError, toArray } from 'rxjs';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import { anthropic } from '../../providers/anthropic.ts';
import { ollama } from '../../providers/ollama.ts';
import { openai } from '../../providers/openai.ts';
import { openaiChat } from '../../providers/openaiChat.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { isRxllmError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import type { LanguageModel } from '../../src/model.ts';
import { agUi, type ChunkFormat, openaiFormat, toResponse, uiMessageStream } from '../../web/index.ts';
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

silenceDeprecatedModels();
const [folder = ''] = process.argv.slice(2);
const providers: Readonly<Record<string, (name: string, fetch: typeof globalThis.fetch) => LanguageModel>> = {
  'openai-chat': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-compatible': (name, fetch) => openaiChat(name, { apiKey: 'none', fetch }),
  'openai-responses': (name, fetch) => openai(name, { apiKey: 'none', fetch }),
  anthropic: (name, fetch) => anthropic(name, { apiKey: 'none', fetch }),
  ollama: (name, fetch) => ollama(name, { fetch }),
};
const formats: readonly (readonly [string, (extensions: boolean) => ChunkFormat])[] = [
  ['uiMessageStream', (extensions) => uiMessageStream({ extensions })],
  ['agUi', (extensions) => agUi({ threadId: 'thread', runId: 'run', extensions })],
];

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
    again: concat(from(chunks), last?.kind === 'E' ? throwError(() => error as Error) : []),
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
  const request = { messages: [{ role: 'user', content: 'Hi' }], includeRaw } as const;
  return run(create(model ?? 'recorded', answer).stream(request));
}

/** What everybody understands of a stream. */
function contentOf({ chunks, error }: Run) {
  const response = new ResponseBuilder();
  for (const chunk of chunks) response.add(chunk);
  const { text, thinking, refusal, toolCalls, invalidToolCalls } = response.partial;
  return {
    text: text + refusal,
    thinking,
    calls: toolCalls.map(({ signature: _, ...call }) => call),
    // Where the stream broke off, whoever reads it knows only what had come.
    invalid: error
      ? []
      : invalidToolCalls.map(({ toolCallId, argumentsText }) => ({ toolCallId, argumentsText })),
    failed: error !== undefined,
  };
}

async function textOf(source: Observable<StreamChunk>, format: ChunkFormat): Promise<string> {
  return (await lastValueFrom(source.pipe(format.encode, toArray()))).join('');
}

/** What the SDK of OpenAI reads of a stream. */
async function readBySdk(source: Observable<StreamChunk>, tools: readonly string[]) {
  const fetch = () => Promise.resolve(toResponse(source, { format: openaiFormat({ tools }) }));
  const client = new OpenAI({ apiKey: 'none', fetch, maxRetries: 0 });
  const read = {
    text: '',
    thinking: '',
    calls: [] as { id: string; name: string; text: string }[],
    failed: false,
  };
  try {
    const stream = await client.chat.completions.create({ model: 'm', messages: [], stream: true });
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta;
      read.text += (delta?.content ?? '') + (delta?.refusal ?? '');
      read.thinking += (delta as { reasoning_content?: string } | undefined)?.reasoning_content ?? '';
      for (const { index, id = '', function: call } of delta?.tool_calls ?? []) {
        const known = (read.calls[index] ??= { id, name: call?.name ?? '', text: '' });
        known.text += call?.arguments ?? '';
      }
    }
  } catch {
    read.failed = true;
  }
  return read;
}

async function check(entry: Entry): Promise<string[]> {
  const found: string[] = [];
  const compare = (how: string, one: unknown, other: unknown) => {
    if (!isDeepStrictEqual(one, other)) {
      found.push(
        `${entry.file} over ${how}\n  ${JSON.stringify(one).slice(0, 600)}\n  ${JSON.stringify(other).slice(0, 600)}`,
      );
    }
  };
  for (const includeRaw of [false, true]) {
    const { again, ...sent } = await play(entry, includeRaw);
    for (const [name, create] of formats) {
      const format = create(true) as Required<ChunkFormat>;
      const text = await textOf(again, format);
      for (const [how, pieces] of [
        ['whole', [text]],
        ['characters', text.length < 50_000 ? Array.from(text) : [text]],
      ] as const) {
        const { chunks, error } = await run(from(pieces).pipe(format.decode));
        compare(`${name}, ${how}${includeRaw ? ', raw' : ''}`, sent, { chunks, error });
      }
      const plain = create(false) as Required<ChunkFormat>;
      const read = await run(from([await textOf(again, plain)]).pipe(plain.decode, verifyGrammar()));
      compare(`${name} without extensions`, contentOf(sent), contentOf(read));
    }
    const names = sent.chunks.flatMap((chunk) => (chunk.type === 'tool-call-start' ? [chunk.toolName] : []));
    const { calls, ...told } = await readBySdk(again, names);
    const { text, thinking, calls: own, invalid, failed } = contentOf(sent);
    // Calls that were cut off have been told as far as they came.
    const number = failed ? calls.length : own.length + invalid.length;
    compare('the SDK of OpenAI', { text, thinking, failed, number }, { ...told, number: calls.length });
  }
  return found;
}

if (folder === '') {
  console.error('Usage: node test/web/protocolRecordings.ts <folder with an index.json>');
  process.exit(2);
}
const { entries } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { entries: Entry[] };
let failed = 0;
for (const entry of entries) {
  const found = await check(entry).catch((error: unknown) => [`${entry.file}: ${(error as Error).stack}`]);
  for (const line of found) console.log(line);
  if (found.length > 0) failed += 1;
}
console.log(`${entries.length - failed} of ${entries.length} recordings survive the protocols of others`);
process.exitCode = failed === 0 && entries.length > 0 ? 0 : 1;
