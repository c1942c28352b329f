import { from, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bufferChunks, splitThinking, type RxllmError, type StreamChunk } from '../../src/index.ts';
import { wires } from '../providers/wires.ts';
import type { Wire } from '../providers/wires/wire.ts';
import { startServer, type TestServer } from '../server.ts';

const maxEventLength = 20_000;

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** Answers with the same words again and again, for as long as somebody reads. */
function repeat(wire: Wire, begin: string, piece: string): () => number {
  let sent = 0;
  server.requests.length = 0;
  server.respond((response) => {
    response.writeHead(200, { 'content-type': wire.contentType });
    response.write(begin);
    const write = () => {
      while (!response.destroyed && response.write(piece)) sent += piece.length;
      if (!response.destroyed) setImmediate(write);
    };
    write();
  });
  return () => sent;
}

async function failure(wire: Wire, stream?: false): Promise<RxllmError> {
  const messages = [{ role: 'user', content: 'Hi' }] as const;
  const request = { messages, ...(stream === false && { stream }) };
  try {
    await lastValueFrom(wire.create(server.url, { maxEventLength }).stream(request));
  } catch (error) {
    await server.requests[0]?.closed;
    return error as RxllmError;
  }
  throw new Error('it did not fail');
}

describe.each(wires)('an endless answer of $name', (wire) => {
  const opening = wire.opening.map(wire.frame).join('');

  it.each([
    ['line', '', 'x'.repeat(1000)],
    ['line behind an answer that began well', opening, 'x'.repeat(1000)],
    ['document', '{"x":"', 'x'.repeat(1000)],
    ['page', '<html>', 'x'.repeat(1000)],
  ])('ends with an error at the limit: one %s', async (_, begin, piece) => {
    const sent = repeat(wire, begin, piece);
    const error = await failure(wire);

    expect(error).toMatchObject({ name: 'ProviderError', retryable: false });
    expect(['event-too-large', 'unexpected-content']).toContain((error as { code?: string }).code);
    expect(sent()).toBeLessThan(20_000_000);
  });

  it('ends with an error at the limit: one answer at once', async () => {
    repeat(wire, '{"x":"', 'x'.repeat(1000));

    expect(await failure(wire, false)).toMatchObject({ code: 'event-too-large', retryable: false });
  });

  const hasLines = wire.contentType === 'text/event-stream';
  it.runIf(hasLines)('ends with an error at the limit: one event of many lines', async () => {
    repeat(wire, opening, `data: ${'x'.repeat(100)}\n`);

    expect(await failure(wire)).toMatchObject({ code: 'event-too-large', retryable: false });
  });

  it('ends with an error at the limit: the arguments of one tool', async () => {
    const events = wire.toolCall.map(wire.frame);
    const at = events.findIndex((event) => event.includes('Bern'));
    const begin = opening + events.slice(0, at).join('');
    const event = events[at] ?? '';
    // Calls come whole, or their arguments in pieces.
    const isWhole = event.includes('weather');
    const piece = isWhole
      ? event.replace('Bern', 'x'.repeat(30_000))
      : event.replace(/\\"Bern\\"\}?/, 'x'.repeat(100));
    repeat(wire, begin, piece);
    const error = await failure(wire);

    expect(error).toMatchObject({
      name: 'ProviderError',
      code: isWhole ? 'event-too-large' : 'arguments-too-large',
      retryable: false,
    });
    const [open] = error.partial.invalidToolCalls;
    expect(open?.argumentsText.length ?? 0).toBeLessThanOrEqual(maxEventLength);
  });
});

describe('buffers', () => {
  const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
  const text = (piece: string): StreamChunk => ({ type: 'text-delta', text: piece, block: 0 });

  it.each(['<think ', '<'.repeat(300), `<think ${'a'.repeat(50)}`, '[THINK', '</thinking\t\t', '`<think'])(
    'of splitThinking hold no more than a tag: %s',
    (piece) => {
      let sent = 0;
      let received = 0;
      let held = 0;
      const source = Array.from({ length: 3_000 }, () => text(piece));
      const counted = (function* () {
        yield start;
        for (const chunk of source) {
          held = Math.max(held, sent - received);
          sent += piece.length;
          yield chunk;
        }
      })();
      from(counted)
        .pipe(splitThinking({ tags: ['think', 'thinking', '[THINK]'] }))
        .subscribe((chunk) => {
          if ('text' in chunk) received += chunk.text.length;
        });

      // What became a tag is not delivered; these pieces never do.
      expect(held).toBeLessThanOrEqual(256 + piece.length);
    },
  );

  it('of bufferChunks hold no more than was asked for', async () => {
    const source = Array.from({ length: 2_000 }, () => text('x'.repeat(10)));
    const batches = await lastValueFrom(
      from([start, ...source]).pipe(bufferChunks({ characters: 100, boundary: 'line' }), toArray()),
    );

    expect(Math.max(...batches.map(({ length }) => length))).toBe(10);
  });
});
