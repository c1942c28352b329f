import { defer, firstValueFrom, from, NEVER, of, take } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  InvalidRequestError,
  ProviderError,
  StreamInterruptedError,
  StreamTimeoutError,
} from '../../src/errors.ts';
import { fromResponse, ndjson, sse, text, toResponse } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { encode, outcomeOf } from './wire.ts';

const { s, a, b, f } = chunks;
const ok = { headers: { 'content-type': 'text/event-stream; charset=utf-8' } };

/** A body that gives these bytes, and then does nothing more. */
function endless(bytes: Uint8Array<ArrayBuffer>) {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (controller) => controller.enqueue(bytes),
    cancel: () => {
      isCancelled = true;
    },
  });
  return { body, wasCancelled: () => isCancelled };
}

describe('fromResponse', () => {
  it.each([sse, ndjson])('reads the format that the content-type tells', async (format) => {
    const response = toResponse(from([s, a, f]), { format: format() });

    expect(await outcomeOf(fromResponse(response))).toStrictEqual({ seen: [s, a, f], error: undefined });
  });

  it('reads the format that it is told', async () => {
    const format = { ...ndjson(), contentType: 'text/x-own' };
    const response = toResponse(from([s, a, f]), { format });

    expect(await outcomeOf(fromResponse(response, { format }))).toStrictEqual({
      seen: [s, a, f],
      error: undefined,
    });
  });

  it('reads characters whole however their bytes are cut', async () => {
    const chunk = { ...a, text: 'Grüße 😀 €' };
    const bytes = new TextEncoder().encode(await encode(sse(), [s, chunk]));
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });

    expect(await outcomeOf(fromResponse(new Response(body, ok)))).toStrictEqual({
      seen: [s, chunk],
      error: undefined,
    });
  });

  it('asks for a response per subscriber where it is given an Observable or a Promise in one', async () => {
    let requests = 0;
    const read = fromResponse(
      defer(() => {
        requests += 1;
        return Promise.resolve(toResponse(from([s, a, f])));
      }),
    );

    expect(requests).toBe(0);
    expect([await outcomeOf(read), await outcomeOf(read)]).toStrictEqual(
      Array.from({ length: 2 }, () => ({ seen: [s, a, f], error: undefined })),
    );
    expect(requests).toBe(2);
  });

  it('reads a response once', async () => {
    const response = toResponse(from([s, a, f]));
    const read = fromResponse(response);
    await outcomeOf(read);
    const { seen, error } = await outcomeOf(read);

    expect(seen).toStrictEqual([]);
    expect(error).toBeInstanceOf(InvalidRequestError);
  });

  it('refuses a body that somebody else reads', async () => {
    const response = toResponse(NEVER);
    response.body?.getReader();

    expect((await outcomeOf(fromResponse(response))).error).toBeInstanceOf(InvalidRequestError);
  });

  it('cancels the body when unsubscribed from', async () => {
    const { body, wasCancelled } = endless(
      new TextEncoder().encode(await encode(sse(), [s, a])).slice(0, -30),
    );
    const seen = await firstValueFrom(fromResponse(new Response(body, ok)).pipe(take(1)));

    expect(seen).toStrictEqual(s);
    expect(wasCancelled()).toBe(true);
  });

  it('completes at the end marker, though the body goes on', async () => {
    const { body, wasCancelled } = endless(new TextEncoder().encode(await encode(sse(), [s, a, f])));

    expect(await outcomeOf(fromResponse(new Response(body, ok)))).toStrictEqual({
      seen: [s, a, f],
      error: undefined,
    });
    expect(wasCancelled()).toBe(true);
  });

  it.each([
    ['is empty', ''],
    ['ends early', 'event: start\ndata: {"type":"start"'],
  ])('fails where the body %s', async (_, body) => {
    expect((await outcomeOf(fromResponse(new Response(body, ok)))).error).toBeInstanceOf(
      StreamInterruptedError,
    );
  });

  it('fails where there is no body', async () => {
    expect((await outcomeOf(fromResponse(new Response(null, ok)))).error).toBeInstanceOf(
      StreamInterruptedError,
    );
  });

  it('fails with what had arrived where the body breaks', async () => {
    const written = await encode(sse(), [s, a, b]);
    let isFirst = true;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (isFirst)
          controller.enqueue(new TextEncoder().encode(written.slice(0, written.indexOf('event: end'))));
        else controller.error(new TypeError('terminated'));
        isFirst = false;
      },
    });
    const { error } = await outcomeOf(fromResponse(new Response(body, ok)));

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ retryable: true, partial: { text: 'ab' } });
  });

  it('fails with what a page says that comes instead', async () => {
    const page = '<!doctype html><html><head><title>Sign in</title></head><body>…</body></html>';
    const headers = { 'content-type': 'text/html; charset=utf-8' };
    const { error } = await outcomeOf(fromResponse(new Response(page, { headers })));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      message: 'The server answered with text/html, not text/event-stream or application/x-ndjson: Sign in',
      code: 'unexpected-content',
      retryable: false,
    });
  });

  it('names what was expected where the response has no type', async () => {
    const body = new TextEncoder().encode('hello');
    const { error } = await outcomeOf(fromResponse(new Response(body), { format: sse() }));

    expect(error).toMatchObject({
      message: 'The server answered with something without a type, not text/event-stream: hello',
    });
  });

  it('reads no more of what comes instead than it needs', async () => {
    const { body, wasCancelled } = endless(new Uint8Array(2 ** 20).fill(65));
    const { error } = await outcomeOf(fromResponse(new Response(body)));

    expect(error).toMatchObject({ code: 'unexpected-content' });
    expect(wasCancelled()).toBe(true);
  });

  it.each([
    [429, '{"error":{"message":"slow down","code":"rate_limit_exceeded"}}', 'slow down', true],
    [503, '<html><title>Down for repairs</title></html>', 'Down for repairs', true],
    [400, 'no messages', 'no messages', false],
    [404, '', 'Not Found', false],
  ])('makes an error of the status %i and its body %s', async (status, body, words, retryable) => {
    const headers = { 'retry-after': '2', 'x-request-id': 'req_1' };
    const response = new Response(body, { status, statusText: status === 404 ? 'Not Found' : '', headers });
    const { error } = await outcomeOf(fromResponse(response));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({
      message: `The server answered ${status}: ${words}`,
      status,
      retryable,
      retryAfter: 2000,
      requestId: 'req_1',
    });
  });

  it('says what it can where the body of a failure breaks off', async () => {
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: () => Promise.reject(new Error('reset')),
    });
    const { error } = await outcomeOf(
      fromResponse(new Response(body, { status: 500, statusText: 'Broken' })),
    );

    expect(error).toMatchObject({ message: 'The server answered 500: Broken', retryable: true });
  });

  it.each([
    ['the error', (error: object) => error],
    ['an error chunk', (error: object) => ({ type: 'error', error })],
  ])('gives the error itself where the body of a failure is %s', async (_, wrap) => {
    const slow = new StreamTimeoutError('slow', { limit: 'first', milliseconds: 5 });
    const response = Response.json(wrap(slow), { status: 504 });
    const { error } = await outcomeOf(fromResponse(response));

    expect(error).toBeInstanceOf(StreamTimeoutError);
    expect(error).toMatchObject({ message: 'slow', limit: 'first', milliseconds: 5, status: 504 });
  });

  it('refuses a format that cannot be read at the call', () => {
    expect(() => fromResponse(of(), { format: text() })).toThrow(
      'fromResponse: format must be one that can be read, text/plain; charset=utf-8 cannot',
    );
  });
});
