/**
 * Sends every recorded answer through the protocols of others and back: over those that hold our chunks what arrives is
 * what was sent; without them, and over OpenAI's as its SDK reads it, text, thinking and tool calls are.
 *
 * `node test/web/protocolRecordings.ts <folder with an index.json>`
 */
import { isDeepStrictEqual } from 'node:util';
import OpenAI from 'openai';
import { from, lastValueFrom, type Observable, toArray } from 'rxjs';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { agUi, type ChunkFormat, openaiFormat, toResponse, uiMessageStream } from '../../web/index.ts';
import { checkRecordings, type Run, runOf } from './recordedRuns.ts';

const formats: readonly (readonly [string, (extensions: boolean) => ChunkFormat])[] = [
  ['uiMessageStream', (extensions) => uiMessageStream({ extensions })],
  ['agUi', (extensions) => agUi({ threadId: 'thread', runId: 'run', extensions })],
];

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

await checkRecordings('the protocols of others', async (sent, again) => {
  const found: string[] = [];
  const compare = (how: string, one: unknown, other: unknown) => {
    if (isDeepStrictEqual(one, other)) return;
    found.push(`${how}\n  ${JSON.stringify(one).slice(0, 600)}\n  ${JSON.stringify(other).slice(0, 600)}`);
  };
  for (const [name, create] of formats) {
    const format = create(true) as Required<ChunkFormat>;
    const text = await textOf(again, format);
    for (const [how, pieces] of [
      ['whole', [text]],
      ['characters', text.length < 50_000 ? Array.from(text) : [text]],
    ] as const) {
      compare(`${name}, ${how}`, sent, await runOf(from(pieces).pipe(format.decode)));
    }
    const plain = create(false) as Required<ChunkFormat>;
    const read = await runOf(from([await textOf(again, plain)]).pipe(plain.decode, verifyGrammar()));
    compare(`${name} without extensions`, contentOf(sent), contentOf(read));
  }
  const names = sent.chunks.flatMap((chunk) => (chunk.type === 'tool-call-start' ? [chunk.toolName] : []));
  const { calls, ...told } = await readBySdk(again, names);
  const { text, thinking, calls: own, invalid, failed } = contentOf(sent);
  // Calls that were cut off have been told as far as they came.
  const number = failed ? calls.length : own.length + invalid.length;
  compare('the SDK of OpenAI', { text, thinking, failed, number }, { ...told, number: calls.length });
  return found;
});
