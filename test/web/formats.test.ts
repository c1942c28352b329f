import { concat, map, NEVER, of, take, throwError, toArray } from 'rxjs';
import { describe, expect, it as plainIt, vi } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import {
  GuardError,
  ProviderError,
  RestartAfterOutputError,
  type RxllmError,
  StreamInterruptedError,
  StreamTimeoutError,
  StructuredOutputError,
} from '../../src/errors.ts';
import { type ChunkFormat, ndjson, sse, sseText, text } from '../../web/index.ts';
import { chunks, cut, restartWith } from '../chunks.ts';
import { it } from '../marbles.ts';
import { behavesAsFormat } from './formatContract.ts';
import { failing } from './said.ts';
import { decode, encode } from './wire.ts';

const { s, a, b, f, t, n, d, e, u, F } = chunks;
const r = restartWith({});
const values: Record<string, StreamChunk> = { ...chunks, r };
const tooLate = 'A retry voids text that has been delivered, after StreamInterruptedError: cut';

const busy = new ProviderError('busy', {
  provider: 'test',
  requestId: 'req_1',
  status: 529,
  code: 'overloaded',
  retryable: true,
  retryAfter: 2000,
  partial: () => ({
    text: 'a',
    thinking: '',
    refusal: '',
    toolCalls: [],
    invalidToolCalls: [],
    message: { role: 'assistant', content: [{ type: 'text', text: 'a' }] },
  }),
});

describe.each<[string, (options?: { maxEventLength?: number }) => Required<ChunkFormat>]>([
  ['sse', sse as () => Required<ChunkFormat>],
  ['ndjson', ndjson as () => Required<ChunkFormat>],
])('%s', (name, format) => {
  it('writes each chunk when it comes, and the end at the end', (m) => {
    const written = m.cold('s-a--f-|', values).pipe(
      format().encode,
      map((piece) => /"type":"([^"]+)"/.exec(piece)?.[1]),
    );

    m.expect(written).toBeObservable('s-a--f-(e|)', { s: 'start', a: 'text-delta', f: 'finish', e: 'end' });
  });

  it('reads each chunk when it comes, and completes at the end marker', (m) => {
    const written = concat(m.cold('s-a--f-|', values).pipe(format().encode), NEVER);

    m.expect(written.pipe(format().decode)).toBeObservable('s-a--f-|', values);
  });

  plainIt('gives the same chunks however the text is cut', async () => {
    const all = [s, t, { ...a, text: 'Hi\n\r\u2028 "öß😀\0' }, n, d, e, u, F, s, a, r, s, f];
    const written = await encode(format(), all);
    const cuts = Array.from(written, (_, at) => [written.slice(0, at), written.slice(at)]);

    for (const pieces of [[written], Array.from(written), written.split(''), ...cuts]) {
      expect(await decode(format(), pieces)).toStrictEqual({ seen: all, error: undefined });
    }
  });

  plainIt.each([
    ['CRLF', '\r\n'],
    ['CR', '\r'],
  ])('reads lines that end with %s, heartbeats and a byte order mark', async (_, lineEnd) => {
    const { heartbeat } = format();
    const written = `\uFEFF${heartbeat}${await encode(format(), [s, a])}`.replaceAll('\n', lineEnd);

    expect(await decode(format(), [written])).toStrictEqual({ seen: [s, a], error: undefined });
    expect(await decode(format(), Array.from(written))).toStrictEqual({ seen: [s, a], error: undefined });
  });

  plainIt.each<RxllmError>([
    busy,
    new StreamInterruptedError('cut', { provider: 'test', requestId: 'req_1' }),
    new StreamTimeoutError('slow', { limit: 'each', milliseconds: 50 }),
    new GuardError('too long', { code: 'characters' }),
    new StructuredOutputError('no', {
      retryable: true,
      issues: [{ message: 'no', path: ['a', 0] }],
      path: ['a', 0],
      position: 3,
      text: '{"a',
    }),
  ])('brings back %s with all its facts', async (error) => {
    const written = await encode(format(), failing(error, s, a));
    const read = await decode(format(), [written]);

    expect(read.seen).toStrictEqual([s, a]);
    expect(read.error).not.toBe(error);
    expect(read.error).toBeInstanceOf(error.constructor);
    expect(JSON.stringify(read.error)).toBe(JSON.stringify(error));
  });

  plainIt('reads an error that is a chunk as the end', async () => {
    const written = await encode(format(), [s, { type: 'error', error: busy.toJSON() }]);
    const { seen, error } = await decode(format(), [written]);

    expect(seen).toStrictEqual([s]);
    expect(error).toMatchObject({ message: 'busy', status: 529, partial: { text: 'a' } });
  });

  plainIt('fails with what had arrived where the text ends without the end marker', async () => {
    const written = await encode(format(), [s, a, b]);
    const { seen, error } = await decode(format(), [written.slice(0, written.indexOf('"b"'))]);

    expect(seen).toStrictEqual([s, a]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ provider: 'test', retryable: true, partial: { text: 'a' } });
  });

  plainIt('fails with what had arrived where the connection is lost', async () => {
    const written = await encode(format(), [s, a, b]);
    const pieces = concat(
      of(written.slice(0, written.indexOf('"b"'))),
      throwError(() => new TypeError('terminated')),
    );
    const { seen, error } = await decode(format(), pieces);

    expect(seen).toStrictEqual([s, a]);
    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({
      message: 'The answer broke off: terminated',
      partial: { text: 'a' },
      cause: expect.any(TypeError) as unknown,
    });
  });

  plainIt('adds what had arrived to a typed error of whoever gives the text', async () => {
    const own = new StreamTimeoutError('slow', { limit: 'each', milliseconds: 5 });
    const written = await encode(format(), failing(own, s, a));
    const pieces = concat(
      of(written.slice(0, written.indexOf('"slow"'))),
      throwError(() => own),
    );
    const { error } = await decode(format(), pieces);

    expect(error).toMatchObject({ name: 'StreamTimeoutError', cause: own, partial: { text: 'a' } });
  });

  plainIt.each(['nonsense', '5', 'null', '{"text":"no type"}'])(
    'fails where an event is %s',
    async (data) => {
      const event = await encode(format(), [s]);
      const pieces = [
        event.slice(0, event.indexOf('}') + 2),
        '\n',
        name === 'sse' ? `data: ${data}\n\n` : `${data}\n`,
      ];
      const { seen, error } = await decode(format(), pieces);

      expect(seen).toStrictEqual([s]);
      expect(error).toBeInstanceOf(ProviderError);
      expect(error).toMatchObject({ code: 'malformed-event', retryable: true, provider: 'test' });
    },
  );

  plainIt.each([1, 1000])('fails where an event is longer than it may be, in pieces of %i', async (size) => {
    const limited = format({ maxEventLength: 200 });
    const written = await encode(limited, [s, { ...a, text: 'x'.repeat(201) }, f]);
    const pieces = Array.from({ length: Math.ceil(written.length / size) }, (_, at) =>
      written.slice(at * size, (at + 1) * size),
    );
    const { seen, error } = await decode(limited, pieces);

    expect(seen).toStrictEqual([s]);
    expect(error).toMatchObject({ code: 'event-too-large', retryable: false, provider: 'test' });
  });

  it('reads no event that nobody wants any more', (m) => {
    const parse = vi.spyOn(JSON, 'parse');
    const written = of(s, a, b).pipe(format().encode, toArray());
    const read = written.pipe(
      map((pieces) => pieces.join('')),
      format().decode,
      take(2),
    );

    m.expect(read).toBeObservable('(sa|)', values);
    m.flush();
    expect(parse).toHaveBeenCalledTimes(2);
    parse.mockRestore();
  });

  plainIt('refuses a wrong limit at the call', () => {
    expect(() => format({ maxEventLength: 0 })).toThrow(
      `${name}: maxEventLength must be a number from 1, not 0`,
    );
  });
});

describe('sse', () => {
  behavesAsFormat('sse', () => sse());

  plainIt(
    'names events by the type of their chunk, and an error so that no EventSource takes it for its own',
    async () => {
      expect(await encode(sse(), [a])).toBe(
        'event: text-delta\ndata: {"type":"text-delta","text":"a","block":0}\n\nevent: end\ndata: {"type":"end"}\n\n',
      );
      expect(await encode(sse(), failing(cut))).toMatch(/^event: stream-error\ndata: {"type":"error",/);
    },
  );

  plainIt('names events as it is told to, and reads them all the same', async () => {
    const format = sse({ map: { 'text-delta': 'message', error: 'failure', end: 'done' } });
    const written = await encode(format, [s, a]);

    expect(written.match(/^event: .*/gm)).toStrictEqual(['event: start', 'event: message', 'event: done']);
    expect(await encode(format, failing(cut))).toMatch(/^event: failure\n/);
    expect(await decode(sse(), [written])).toStrictEqual({ seen: [s, a], error: undefined });
  });

  plainIt('refuses a name of two lines at the call', () => {
    expect(() => sse({ map: { start: 'a\nb' } })).toThrow('sse: a name in map must be one line, not "a\\nb"');
  });

  plainIt('writes the place of a chunk in its log as the id of the event', async () => {
    const logged = [
      { ...s, eventId: '1-0' },
      { ...a, eventId: '2-0' },
    ];
    const written = await encode(sse(), logged);

    expect(written).toContain('id: 2-0\ndata: {"type":"text-delta","text":"a","block":0}\n');
    expect(await decode(sse(), [written])).toStrictEqual({ seen: logged, error: undefined });
  });

  plainIt('reads data of several lines, comments and fields that it does not know', async () => {
    const written =
      ': hello\nretry: 10\nfoo: bar\ndata: {"type":\ndata: "start","provider":"p","model":"m"}\n\n';
    const { seen } = await decode(sse(), [written]);

    expect(seen).toStrictEqual([{ type: 'start', provider: 'p', model: 'm' }]);
  });
});

behavesAsFormat('ndjson', () => ndjson());

describe('text', () => {
  behavesAsFormat('text', () => text(), { catchesErrors: false });

  plainIt('is the text and nothing else', async () => {
    expect(await encode(text(), [s, t, a, u, b, f])).toBe('ab');
  });

  it('fails where text would have to be taken back', (m) => {
    const source = m.cold('s-a-r-s-a-f|', values);
    const expected = '     --a-#';

    m.expect(source.pipe(text().encode)).toBeObservable(
      expected,
      { a: 'a' },
      new RestartAfterOutputError(tooLate),
    );
  });
});

describe('sseText', () => {
  behavesAsFormat('sseText', () => sseText());

  plainIt('writes text of several lines as one event', async () => {
    const written = await encode(sseText(), [s, { ...a, text: ' one\ntwo\r\nthree' }, f]);

    expect(written).toBe('data:  one\ndata: two\ndata: three\n\nevent: end\ndata: \n\n');
  });

  plainIt('ends with the words of an error', async () => {
    expect(await encode(sseText(), failing(cut, s, a))).toBe('data: a\n\nevent: stream-error\ndata: cut\n\n');
  });

  plainIt('ends with an error where text would have to be taken back', async () => {
    expect(await encode(sseText(), [s, a, r, s, b, f])).toBe(
      `data: a\n\nevent: stream-error\ndata: ${tooLate}\n\n`,
    );
  });
});
