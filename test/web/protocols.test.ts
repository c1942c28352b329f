import { concat, from, map, NEVER } from 'rxjs';
import { describe, expect, it as plainIt } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import { ResponseBuilder } from '../../src/response.ts';
import { agUi, type ChunkFormat, uiMessageStream } from '../../web/index.ts';
import { chunks, restartWith } from '../chunks.ts';
import { it } from '../marbles.ts';
import { behavesAsFormat } from './formatContract.ts';
import { everything, failing, finish, rounds, say, start, think, toolCall, toolResult } from './said.ts';
import { decode, encode, outcomeOf } from './wire.ts';

interface Options {
  readonly extensions?: boolean;
  readonly maxEventLength?: number;
}

const ids = { threadId: 'thread', runId: 'run' };

/** What everybody understands of a stream. */
function contentOf(read: readonly StreamChunk[]): unknown {
  const response = new ResponseBuilder();
  for (const chunk of read) response.add(chunk);
  const { text, thinking, refusal, toolCalls, invalidToolCalls } = response.partial;
  // Of two calls with one id the second has another.
  const calls = toolCalls.map(({ signature: _, toolCallId, ...call }) => ({
    ...call,
    toolCallId: toolCallId.replace(/-2$/, ''),
  }));
  return { text: text + refusal, thinking, calls, invalidToolCalls };
}

behavesAsFormat('uiMessageStream', () => uiMessageStream());
behavesAsFormat('agUi', () => agUi(ids));

/** Formats of others that hold our chunks. */
describe.each<[string, (options?: Options) => Required<ChunkFormat>]>([
  ['uiMessageStream', (options) => uiMessageStream(options) as Required<ChunkFormat>],
  ['agUi', (options) => agUi({ ...ids, ...options }) as Required<ChunkFormat>],
])('%s', (name, format) => {
  it('writes each chunk when it comes, and the end at the end', (m) => {
    const { s, a, f } = chunks;
    const end = name === 'agUi' ? 'RUN_FINISHED' : '[DONE]';
    const written = m.cold('s-a--f-|', { s, a, f }).pipe(
      format().encode,
      map((piece) => ['"a"', end, '"finish"', '"start"'].find((word) => piece.includes(word))),
    );

    m.expect(written).toBeObservable('s-a--f-(e|)', { s: '"start"', a: '"a"', f: '"finish"', e: end });
  });

  it('reads each chunk when it comes, and completes at the end marker', (m) => {
    const { s, a, f } = chunks;
    const written = concat(m.cold('s-a--f-|', { s, a, f }).pipe(format().encode), NEVER);

    m.expect(written.pipe(format().decode)).toBeObservable('s-a--f-|', { s, a, f });
  });

  plainIt('gives the same chunks however the text is cut', async () => {
    const written = await encode(format(), everything);

    for (const pieces of [[written], Array.from(written), written.split('')]) {
      expect(await decode(format(), pieces)).toStrictEqual({ seen: everything, error: undefined });
    }
    for (let at = 0; at < written.length; at += 7) {
      const { seen } = await decode(format(), [written.slice(0, at), written.slice(at)]);

      expect(seen).toStrictEqual(everything);
    }
  });

  plainIt('gives the same chunks of an agent with its rounds, tools, approvals and messages', async () => {
    expect(await decode(format(), [await encode(format(), rounds)])).toStrictEqual({
      seen: rounds,
      error: undefined,
    });
  });

  plainIt('leaves the places in a log out', async () => {
    const logged = [
      { ...start, eventId: '1-0' },
      { ...say('a'), eventId: '2-0' },
    ];

    expect(await decode(format(), [await encode(format(), logged)])).toStrictEqual({
      seen: [start, say('a')],
      error: undefined,
    });
  });

  plainIt(
    'tells text, thinking and tools without extensions too, in streams that obey the grammar',
    async () => {
      const plain = format({ extensions: false });
      const written = await encode(plain, everything);
      const { seen, error } = await outcomeOf(from(Array.from(written)).pipe(plain.decode, verifyGrammar()));

      expect(error).toBeUndefined();
      expect(written).not.toMatch(/data-rxllm|"CUSTOM"/);
      expect(contentOf(seen)).toStrictEqual(contentOf(everything));
    },
  );

  plainIt('tells the rounds of an agent without extensions too', async () => {
    const plain = format({ extensions: false });
    const { seen } = await outcomeOf(from([await encode(plain, rounds)]).pipe(plain.decode, verifyGrammar()));
    const told = (type: string) => seen.filter((chunk) => chunk.type === type);

    expect(told('start')).toHaveLength(2);
    expect(told('finish').map((chunk) => 'reason' in chunk && chunk.reason)).toStrictEqual([
      'tool-calls',
      'stop',
    ]);
    expect(told('tool-result')).toMatchObject([
      { toolCallId: 'call_weather', toolName: 'weather', isError: false },
      { toolCallId: 'call_0', toolName: 'weather', isError: true },
    ]);
    expect(contentOf(seen)).toMatchObject({ text: 'It is sunny.' });
  });

  plainIt('brings back an error with all its facts, and what was said before it', async () => {
    const error = new ProviderError('busy', {
      provider: 'test',
      requestId: 'req_1',
      status: 529,
      code: 'overloaded',
      retryable: true,
      retryAfter: 2000,
    });
    const read = await decode(format(), [await encode(format(), failing(error, start, say('a')))]);

    expect(read.seen).toStrictEqual([start, say('a')]);
    expect(read.error).toBeInstanceOf(ProviderError);
    expect(JSON.stringify(read.error)).toBe(JSON.stringify(error));

    const given = await decode(format(), [
      await encode(format(), [{ type: 'error', error: error.toJSON() }]),
    ]);
    expect(JSON.stringify(given.error)).toBe(JSON.stringify(error));
  });

  plainIt('tells an error without extensions by its words', async () => {
    const plain = format({ extensions: false });
    const error = new ProviderError('busy', { code: 'overloaded', retryable: true });
    const read = await decode(plain, [await encode(plain, failing(error, start, say('a')))]);

    expect(contentOf(read.seen)).toMatchObject({ text: 'a' });
    expect(read.error).toBeInstanceOf(ProviderError);
    expect(read.error).toMatchObject({ message: 'The server failed: busy', partial: { text: 'a' } });
  });

  plainIt('fails with what had arrived where the text ends without its end', async () => {
    const written = await encode(format(), [start, say('a'), say('b')]);
    const { seen, error } = await decode(format(), [written.slice(0, written.indexOf('"b"'))]);

    expect(seen).toStrictEqual([start, say('a')]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ partial: { text: 'a' } });
  });

  plainIt.each([
    'nonsense',
    '5',
    'null',
    '{}',
    '{"type":"text-delta"}',
    '{"type":"TEXT_MESSAGE_CONTENT","delta":5}',
  ])('fails where an event is %s', async (data) => {
    const { error } = await decode(format(), [`data: ${data}\n\ndata: nonsense\n\n`]);

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ code: 'malformed-event' });
  });

  plainIt('fails where a piece of ours tells no block', async () => {
    const own =
      name === 'agUi'
        ? `data: {"type":"CUSTOM","name":"rxllm","value":${JSON.stringify(start)}}\n\n`
        : `data: {"type":"data-rxllm","data":${JSON.stringify(start)}}\n\n`;
    const piece =
      name === 'agUi'
        ? '{"type":"TEXT_MESSAGE_CONTENT","messageId":"m","delta":"a"}'
        : '{"type":"text-delta","id":"m","delta":"a"}';
    const { error } = await decode(format(), [`${own}data: ${piece}\n\n`]);

    expect(error).toMatchObject({ code: 'malformed-event' });
  });

  plainIt('fails where an event is longer than it may be', async () => {
    const limited = format({ maxEventLength: 300 });
    const { error } = await decode(limited, [await encode(limited, [start, say('x'.repeat(301))])]);

    expect(error).toMatchObject({ code: 'event-too-large' });
    expect(() => format({ maxEventLength: 0 })).toThrow(
      `${name}: maxEventLength must be a number from 1, not 0`,
    );
  });

  plainIt('writes as much for a piece at the end of a long answer as at its beginning', async () => {
    const pieces = Array.from({ length: 2000 }, () => [
      say('word '),
      think('hm ', 1),
      say('word ', 0),
    ]).flat();
    const written = await encode(format(), [start, ...pieces, ...toolCall('weather', 2), finish()]);
    const events = written.split('\n\n');

    expect(Math.max(...events.map(({ length }) => length))).toBeLessThan(400);
  });

  plainIt('takes back or refuses what a restart voids', async () => {
    const source = [start, say('a'), restartWith({}), start, say('b'), finish()];
    const { seen, error } = await decode(format(), [await encode(format(), source)]);

    if (name === 'agUi') {
      expect(seen).toStrictEqual([start, say('a')]);
      expect(error).toMatchObject({ name: 'RestartAfterOutputError', partial: { text: '' } });
    } else {
      expect(seen).toStrictEqual(source);
    }
  });

  plainIt('passes on a restart that voids nothing that was said', async () => {
    const source = [
      restartWith({}),
      start,
      restartWith({}),
      start,
      say('b'),
      finish(),
      restartWith({}),
      start,
      finish(),
    ];

    expect(await decode(format(), [await encode(format(), source)])).toStrictEqual({
      seen: source,
      error: undefined,
    });
  });

  plainIt('holds as an extension what it cannot say, of calls that nobody announced', async () => {
    const call = toolCall('weather').slice(1);
    const source = [start, ...call, toolResult('time', 1), finish()];

    expect(await decode(format(), [await encode(format(), source)])).toStrictEqual({
      seen: source,
      error: undefined,
    });
  });

  plainIt('tells a foreign error no more than its words', async () => {
    const written = await encode(format({ extensions: false }), failing(new Error('It broke'), start));

    expect(written).toMatch(/"(errorText|message)":"It broke"}\n\n$/);
  });
});
