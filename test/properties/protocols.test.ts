import { array, asyncProperty, boolean } from 'fast-check';
import { concat, from, lastValueFrom, materialize, type Observable, throwError, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { StreamInterruptedError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import {
  agUi,
  type ChunkFormat,
  ndjson,
  openaiFormat,
  sse,
  toChatCompletion,
  uiMessageStream,
} from '../../web/index.ts';
import { call } from './calls.ts';
import { holdsInTime } from './runs.ts';

type Readable = Required<ChunkFormat>;

const formats: readonly (readonly [string, () => Readable])[] = [
  ['sse', () => sse() as Readable],
  ['ndjson', () => ndjson() as Readable],
  ['uiMessageStream', () => uiMessageStream() as Readable],
  ['agUi', () => agUi({ threadId: 'thread', runId: 'run' }) as Readable],
];

const cut = new StreamInterruptedError('cut');

/** What a stream did, as plain JSON: a wire holds no other. */
async function outcome(stream: Observable<StreamChunk>): Promise<unknown> {
  const all = await lastValueFrom(stream.pipe(materialize(), toArray()));
  return JSON.parse(JSON.stringify(all.map((one) => (one.kind === 'N' ? one.value : one)))) as unknown;
}

async function written(calls: readonly StreamChunk[], isCut: boolean, format: ChunkFormat): Promise<string> {
  const source = concat(from(calls), isCut ? throwError(() => cut) : []);
  return (await lastValueFrom(source.pipe(format.encode, toArray()))).join('');
}

/** Text, refusals and thinking of each call, and its tool calls. */
function contentOf(chunks: readonly StreamChunk[]): unknown {
  const contents: unknown[] = [];
  let response = new ResponseBuilder();
  for (const chunk of chunks) {
    response.add(chunk);
    if (chunk.type !== 'finish') continue;
    const { text, refusal, thinking, toolCalls, invalidToolCalls } = response.partial;
    const calls = toolCalls.map(({ toolName, arguments: args }) => ({ toolName, args }));
    const invalid = invalidToolCalls.map(({ toolName, argumentsText }) => ({ toolName, argumentsText }));
    contents.push({ said: text.length + refusal.length, thinking, calls, invalid });
    response = new ResponseBuilder();
  }
  return contents;
}

const conversation = array(call, { minLength: 1, maxLength: 3 }).map((calls) => calls.flat());

describe('whatever a model says', () => {
  it.each(formats)('%s holds it', async (_, create) => {
    await holdsInTime(
      asyncProperty(conversation, boolean(), async (chunks, isCut) => {
        const text = await written(chunks, isCut, create());
        const sent = await outcome(concat(from(chunks), isCut ? throwError(() => cut) : []));

        expect(await outcome(from([text]).pipe(create().decode))).toEqual(sent);
        expect(await outcome(from(text.split('')).pipe(create().decode))).toEqual(sent);
      }),
    );
  });

  it.each<[string, Readable]>([
    ['uiMessageStream', uiMessageStream({ extensions: false }) as Readable],
    ['agUi', agUi({ threadId: 'thread', runId: 'run', extensions: false }) as Readable],
  ])('%s tells text, thinking and tools of it in its own words', async (_, format) => {
    await holdsInTime(
      asyncProperty(conversation, async (chunks) => {
        const text = await written(chunks, false, format);
        const read = await lastValueFrom(from([text]).pipe(format.decode, verifyGrammar(), toArray()));

        expect(contentOf(read)).toEqual(contentOf(chunks));
      }),
    );
  });

  it('openaiFormat streams what toChatCompletion collects', async () => {
    await holdsInTime(
      asyncProperty(conversation, async (chunks) => {
        const options = { id: 'x', tools: ['weather', 'slow'] };
        const whole = await lastValueFrom(from(chunks).pipe(toChatCompletion(options)));
        const events = (await written(chunks, false, openaiFormat(options))).split('\n\n').slice(0, -2);
        const deltas = events.map(
          (event) =>
            (
              JSON.parse(event.slice('data: '.length)) as {
                choices: [{ delta: Record<string, string | undefined> }];
              }
            ).choices[0].delta,
        );
        const joined = (name: string) => deltas.map((delta) => delta[name] ?? '').join('');
        const { content, refusal, reasoning_content: thinking, tool_calls: calls } = whole.choices[0].message;

        expect(joined('content')).toBe(content ?? '');
        expect(joined('refusal')).toBe(refusal ?? '');
        expect(joined('reasoning_content')).toBe(thinking ?? '');
        expect(
          deltas.filter((delta) => JSON.stringify(delta['tool_calls'] ?? '').includes('"id"')),
        ).toHaveLength(calls?.length ?? 0);
      }),
    );
  });
});
