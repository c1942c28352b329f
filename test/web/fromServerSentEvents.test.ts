import { type ServerResponse } from 'node:http';
import { asapScheduler, from, map, of, take, type SchedulerLike } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import {
  fromServerSentEvents,
  type FromServerSentEventsOptions,
  sse,
  text,
  toResponse,
} from '../../web/index.ts';
import { pipeToNode } from '../../web/node.ts';
import { chunks, cut } from '../chunks.ts';
import { serveInTurn } from './servers.ts';
import { encode, outcomeOf } from './wire.ts';

const { s, a, b, c, f } = chunks;
const busy = new ProviderError('busy', { provider: 'test', status: 529, retryable: true });

/** Sends these chunks as those of a log, and breaks the connection. */
function sendAndBreak(...sent: readonly (StreamChunk & { readonly eventId?: string })[]) {
  return (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    void encode(sse(), sent).then((written) =>
      response.write(written.slice(0, written.indexOf('event: end')), () => response.destroy()),
    );
  };
}

const fast: FromServerSentEventsOptions = { delay: 0 };
function formOf(name: string, value: string): FormData {
  const form = new FormData();
  form.append(name, value);
  return form;
}
const at = (chunk: StreamChunk, eventId: string) => ({ ...chunk, eventId });

describe('fromServerSentEvents', () => {
  it('asks for nothing before it is subscribed to, then once per subscriber', async () => {
    const { url, requests } = await serveInTurn((response) => void pipeToNode(from([s, a, f]), response));
    const answer = fromServerSentEvents(url);

    expect(requests).toStrictEqual([]);
    expect([await outcomeOf(answer), await outcomeOf(answer)]).toStrictEqual(
      Array.from({ length: 2 }, () => ({ seen: [s, a, f], error: undefined })),
    );
    expect(requests).toMatchObject([
      { method: 'GET', headers: { accept: 'text/event-stream' } },
      { method: 'GET', headers: { accept: 'text/event-stream' } },
    ]);
  });

  it.each([
    ['JSON', { messages: [] }, '{"messages":[]}', 'application/json'],
    ['text', 'hello', 'hello', 'text/plain;charset=UTF-8'],
    ['null', null, 'null', 'application/json'],
    ['fields', new URLSearchParams({ a: '1 2' }), 'a=1+2', 'application/x-www-form-urlencoded;charset=UTF-8'],
    ['a Blob', new Blob(['{}'], { type: 'text/x-own' }), '{}', 'text/x-own'],
    ['a file', new File(['{}'], 'a', { type: 'text/x-own' }), '{}', 'text/x-own'],
    ['bytes', new TextEncoder().encode('hi'), 'hi', undefined],
    ['an ArrayBuffer', new TextEncoder().encode('hi').buffer, 'hi', undefined],
    [
      'a form',
      formOf('a', '1'),
      expect.stringContaining('name="a"'),
      expect.stringContaining('multipart/form-data; boundary='),
    ],
  ])('posts a body of %s', async (_, body, sent, type) => {
    let received = '';
    const { url, requests } = await serveInTurn((response, request) => {
      request.setEncoding('utf8').on('data', (data: string) => (received += data));
      request.on('end', () => void pipeToNode(of(s), response));
    });
    await outcomeOf(fromServerSentEvents(url, { body }));

    expect(received).toStrictEqual(sent);
    expect(requests.map(({ method, headers }) => [method, headers['content-type']])).toStrictEqual([
      ['POST', type],
    ]);
  });

  it.each([
    ['an object', () => ({ authorization: 'Bearer 1' })],
    ['a Promise', () => Promise.resolve({ authorization: 'Bearer 1' })],
    ['an Observable', () => of({ authorization: 'Bearer 1' })],
  ])('asks for the headers at each attempt, where they are %s', async (_, headers) => {
    let asked = 0;
    const { url, requests } = await serveInTurn(
      sendAndBreak(at(s, '1')),
      (response) => void pipeToNode(of(at(a, '2')), response),
    );
    await outcomeOf(
      fromServerSentEvents(url, { ...fast, method: 'PUT', headers: () => ((asked += 1), headers()) }),
    );

    expect(asked).toBe(2);
    expect(requests).toMatchObject([
      { method: 'PUT', headers: { authorization: 'Bearer 1' } },
      { method: 'PUT', headers: { authorization: 'Bearer 1', 'last-event-id': '1' } },
    ]);
  });

  it('aborts the request when unsubscribed from, before and after the answer', async () => {
    const signals: AbortSignal[] = [];
    const fetch =
      (response: Promise<Response>): typeof globalThis.fetch =>
      (_, init) => {
        if (init?.signal) signals.push(init.signal);
        return response;
      };
    const answer = Promise.resolve(toResponse(from([s, a, f])));
    fromServerSentEvents('/chat', { fetch: fetch(new Promise(() => undefined)) })
      .subscribe()
      .unsubscribe();
    await outcomeOf(fromServerSentEvents('/chat', { fetch: fetch(answer) }).pipe(take(1)));

    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([true, true]);
  });

  it('goes on behind the last chunk when the connection breaks', async () => {
    const { url, requests } = await serveInTurn(
      sendAndBreak(at(s, '1'), at(a, '2')),
      sendAndBreak(at(b, '3')),
      (response) => void pipeToNode(from([at(c, '4'), at(f, '5')]), response),
    );
    const { seen, error } = await outcomeOf(fromServerSentEvents(url, fast));

    expect(seen).toStrictEqual([at(s, '1'), at(a, '2'), at(b, '3'), at(c, '4'), at(f, '5')]);
    expect(error).toBeUndefined();
    expect(requests.map(({ headers }) => headers['last-event-id'])).toStrictEqual([undefined, '2', '3']);
  });

  it('gives up after so many attempts without a chunk, with all that has arrived', async () => {
    const { url, requests } = await serveInTurn(
      sendAndBreak(at(s, '1'), at(a, '2')),
      sendAndBreak(at(b, '3')),
      (response) => void response.destroy(),
    );
    const { seen, error } = await outcomeOf(fromServerSentEvents(url, { ...fast, reconnects: 2 }));

    expect(seen).toHaveLength(3);
    expect(requests).toHaveLength(4);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ retryable: true, partial: { text: 'ab' } });
  });

  it('waits twice as long before each further attempt, and as long as at first after a chunk', async () => {
    const delays: number[] = [];
    const scheduler = Object.assign(Object.create(asapScheduler) as SchedulerLike, {
      schedule: (work: () => void, delay: number, state: unknown) => {
        delays.push(delay);
        return asapScheduler.schedule(work, 0, state);
      },
    });
    const { url } = await serveInTurn(
      sendAndBreak(at(s, '1')),
      (response) => void response.destroy(),
      (response) => void response.destroy(),
      sendAndBreak(at(a, '2')),
      (response) => void pipeToNode(of(at(f, '3')), response),
    );
    const { error } = await outcomeOf(fromServerSentEvents(url, { scheduler }));

    expect(error).toBeUndefined();
    expect(delays).toStrictEqual([500, 1000, 2000, 500]);
  });

  it('does not connect again where chunks have no id', async () => {
    const { url, requests } = await serveInTurn(sendAndBreak(s, a));
    const { error } = await outcomeOf(fromServerSentEvents(url, fast));

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ partial: { text: 'a' } });
    expect(requests).toHaveLength(1);
  });

  it('does not connect again where the answer itself has failed', async () => {
    const { url, requests } = await serveInTurn(
      (response) => void pipeToNode(concatError(at(s, '1'), at(a, '2')), response),
    );
    const { error } = await outcomeOf(fromServerSentEvents(url, fast));

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({ message: 'cut' });
    expect(requests).toHaveLength(1);
  });

  it('does not connect again where the server refuses', async () => {
    const { url, requests } = await serveInTurn(
      sendAndBreak(at(s, '1'), at(a, '2')),
      (response) => void response.writeHead(404).end('no such run'),
    );
    const { error } = await outcomeOf(fromServerSentEvents(url, fast));

    expect(error).toMatchObject({ status: 404, retryable: false, partial: { text: 'a' } });
    expect((error as Error).message).toContain('answered 404: no such run');
    expect(requests).toHaveLength(2);
  });

  it('begins behind an id that was kept from before', async () => {
    const { url, requests } = await serveInTurn((response) => void pipeToNode(of(at(b, '3')), response));
    await outcomeOf(fromServerSentEvents(url, { lastEventId: '2' }));

    expect(requests[0]?.headers['last-event-id']).toBe('2');
  });

  it('fails where nobody listens', async () => {
    const { url, close } = await serveInTurn();
    close();
    const { error } = await outcomeOf(fromServerSentEvents(url));

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider: new URL(url).host, code: 'ECONNREFUSED', retryable: true });
  });

  it('brings back the failure of the request', async () => {
    const { url } = await serveInTurn((response) => void response.writeHead(529).end(JSON.stringify(busy)));

    expect((await outcomeOf(fromServerSentEvents(url))).error).toMatchObject({
      message: 'busy',
      status: 529,
    });
  });

  it('refuses wrong options at the call', () => {
    expect(() => fromServerSentEvents('/', { reconnects: 1.5 })).toThrow(
      'reconnects must be a whole number from 0',
    );
    expect(() => fromServerSentEvents('/', { delay: -1 })).toThrow('delay must be a number from 0, not -1');
    expect(() => fromServerSentEvents('/', { format: text() })).toThrow(
      'format must be one that can be read',
    );
  });
});

/** Chunks, and then a failure of the model. */
function concatError(...before: readonly StreamChunk[]) {
  return from([...before, undefined]).pipe(
    map((chunk) => {
      if (!chunk) throw cut;
      return chunk;
    }),
  );
}
