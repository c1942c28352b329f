import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  NEVER,
  of,
  range,
  map,
  Subject,
  take,
  tap,
  throwError,
} from 'rxjs';
import { EventSource } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { fromServerSentEvents, ndjson, sseText, text } from '../../web/index.ts';
import { pipeToNode } from '../../web/node.ts';
import { chunks } from '../chunks.ts';
import { type Answer, listen, type Listening, listenHttp2, servers, serveWithNode } from './servers.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f } = chunks;
const busy = new ProviderError('busy', { provider: 'test', status: 529, retryable: true });

/** An answer that never ends by itself, and the moment when it is given up. */
function endless() {
  const left = new Subject<void>();
  const answer: Answer = () => concat(of(s, a), NEVER).pipe(finalize(() => left.next()));
  return { answer, gone: firstValueFrom(left) };
}

let server: Listening | undefined;
afterEach(() => {
  server?.close();
  server = undefined;
  vi.restoreAllMocks();
});

describe.each(servers)('%s', (_, serve) => {
  it('brings all chunks and the end to the other side', async () => {
    server = await serve(() => from([s, a, b, f]));

    expect(await outcomeOf(fromServerSentEvents(server.url))).toStrictEqual({
      seen: [s, a, b, f],
      error: undefined,
    });
  });

  it('brings them in any format', async () => {
    server = await serve(() => from([s, a, b, f]), { format: ndjson() });
    const read = fromServerSentEvents(server.url, { format: ndjson() });

    expect(await outcomeOf(read)).toStrictEqual({ seen: [s, a, b, f], error: undefined });
  });

  it('sends each chunk when it comes', async () => {
    const more = new Subject<StreamChunk>();
    server = await serve(() => concat(of(s), more));
    const seen: StreamChunk[] = [];

    await outcomeOf(
      fromServerSentEvents(server.url).pipe(
        tap((chunk) => {
          seen.push(chunk);
          if (chunk.type === 'start') more.next(a);
          else more.complete();
        }),
      ),
    );
    expect(seen).toStrictEqual([s, a]);
  });

  it('brings an error that comes before anything else with status 200', async () => {
    server = await serve(() => throwError(() => busy));
    const { status, headers } = await fetch(server.url);
    const { error } = await outcomeOf(fromServerSentEvents(server.url));

    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ message: 'busy', status: 529, retryable: true });
  });

  it('unsubscribes from the source when the client leaves', async () => {
    const { answer, gone } = endless();
    server = await serve(answer);
    const seen = await outcomeOf(fromServerSentEvents(server.url).pipe(take(2)));

    expect(seen.seen).toStrictEqual([s, a]);
    await gone;
  });

  it('unsubscribes from the source when the connection of the client breaks', async () => {
    const { answer, gone } = endless();
    server = await serve(answer);
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    const [head] = (await once(socket, 'data')) as [Buffer];
    socket.resetAndDestroy();

    expect(head.toString()).toMatch(/^HTTP\/1.1 200/);
    await gone;
  });

  it('cuts the connection where the format has no words for an error', async () => {
    // The adapter of Hono prints what a body fails with.
    vi.spyOn(console, 'error').mockImplementation(() => undefined);
    server = await serve(
      () =>
        concat(
          of(s, a),
          throwError(() => busy),
        ),
      { format: text() },
    );
    const response = await fetch(server.url);

    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('asks for nothing at HEAD', async () => {
    let requests = 0;
    server = await serve(() => defer(() => from([((requests += 1), s)])));
    const { status, headers } = await fetch(server.url, { method: 'HEAD' });

    expect([status, headers.get('content-type'), requests]).toStrictEqual([200, 'text/event-stream', 0]);
  });

  it('never slows the model down, and joins what a slow client has to wait for', async () => {
    const count = 50_000;
    let made = 0;
    const made$ = new Subject<void>();
    const source = concat(
      of(s),
      range(0, count).pipe(map((): StreamChunk => ({ ...a, text: `word ${(made += 1)} `.padEnd(100, '.') }))),
      of(f),
    ).pipe(finalize(() => made$.next()));
    server = await serve(() => source);
    const { port, hostname } = new URL(server.url);
    const all = firstValueFrom(made$);
    const socket = connect(Number(port), hostname).pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    await all;
    let length = 0;
    let events = 0;
    let rest = '';
    for await (const data of socket.setEncoding('utf8') as AsyncIterable<string>) {
      length += data.length;
      events += data.split('event: text-delta').length - 1;
      rest = (rest + data).slice(-200);
    }

    expect(made).toBe(count);
    expect(length).toBeGreaterThan(count * 100);
    expect(length).toBeLessThan(count * 110);
    expect(events).toBeLessThan(count / 10);
    expect(rest).toContain('data: {"type":"end"}');
  });

  it('loses nothing of what a slow client has to wait for', async () => {
    const all = Array.from({ length: 3000 }, (_, at): StreamChunk => ({
      ...(at % 100 < 50 ? a : chunks.A),
      text: `${at} `.padEnd(99, 'ö'),
    }));
    server = await serve(() => from([s, ...all, f]));
    const { seen } = await outcomeOf(fromServerSentEvents(server.url));
    const joined = (list: readonly StreamChunk[]) => firstValueFrom(of(list).pipe(joinDeltas()));

    expect(seen.length).toBeLessThan(all.length);
    expect(await joined(seen)).toStrictEqual(await joined([s, ...all, f]));
  });
});

describe('an EventSource', () => {
  it('reads the events by their names, and is told the end', async () => {
    server = await serveWithNode(() => from([s, a, { ...b, eventId: '7' } as StreamChunk]));
    const events = new EventSource(server.url);
    const seen: unknown[] = [];
    for (const name of ['start', 'text-delta']) {
      events.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        seen.push(JSON.parse(data), lastEventId);
      });
    }
    await once(events, 'end');
    events.close();

    expect(seen).toStrictEqual([s, '', a, '', b, '7']);
  });

  it('is told a failure, which is not its own', async () => {
    server = await serveWithNode(() => throwError(() => busy));
    const events = new EventSource(server.url);
    const own: unknown[] = [];
    events.addEventListener('error', (event) => own.push(event));
    const [{ data }] = (await once(events, 'stream-error')) as [{ data: string }];
    events.close();

    expect(JSON.parse(data)).toMatchObject({ type: 'error', error: { message: 'busy', status: 529 } });
    expect(own).toStrictEqual([]);
  });

  it('gets text of several lines as it is', async () => {
    server = await serveWithNode(() => from([s, { ...a, text: ' one\n\ntwo' }, f]), { format: sseText() });
    const events = new EventSource(server.url);
    const texts: unknown[] = [];
    events.onmessage = ({ data }) => texts.push(data);
    await once(events, 'end');
    events.close();

    expect(texts).toStrictEqual([' one\n\ntwo']);
  });
});

describe('pipeToNode', () => {
  /** A response to one real request, given to the test by the server. */
  async function respond<T>(use: (response: ServerResponse) => T, leave = false): Promise<T> {
    const controller = new AbortController();
    let result: T | undefined;
    const listening = await listen(
      createServer((_, response) => {
        const answer = () => {
          result = use(response);
          if (!leave) response.end();
        };
        if (leave) {
          response.once('close', answer);
          controller.abort();
        } else {
          answer();
        }
      }),
    );
    const asked = fetch(listening.url, { signal: controller.signal }).then((response) => response.text());
    await asked.catch(() => undefined);
    while (result === undefined) await setImmediate();
    listening.close();
    return result;
  }

  it('leaves headers alone that have been sent', async () => {
    const headers = await respond((response) => {
      response.writeHead(202, { 'content-type': 'text/x-own' });
      pipeToNode(from([s, f]), response);
      return [response.statusCode, response.getHeaders()['x-accel-buffering']];
    });

    expect(headers).toStrictEqual([202, undefined]);
  });

  it.each(['ended', 'destroyed'])('subscribes to nothing where the response is %s', async (state) => {
    let subscriptions = 0;
    const source = defer(() => from([((subscriptions += 1), s)]));
    const { closed } = await respond((response) => {
      if (state === 'ended') response.end();
      else response.destroy();
      return pipeToNode(source, response);
    });

    expect([closed, subscriptions]).toStrictEqual([true, 0]);
  });

  it('subscribes to nothing where the client has left', async () => {
    let subscriptions = 0;
    const source = defer(() => from([((subscriptions += 1), s)]));
    const { closed } = await respond((response) => pipeToNode(source, response), true);

    expect([closed, subscriptions]).toStrictEqual([true, 0]);
  });

  it('flushes each piece where the response is compressed', async () => {
    const flushes = await respond((response) => {
      const flush = vi.fn();
      pipeToNode(from([s, f]), Object.assign(response, { flush }));
      return flush.mock.calls.length;
    });

    expect(flushes).toBe(3);
  });

  it('leaves the response open when unsubscribed from', async () => {
    const ended = await respond((response) => {
      pipeToNode(concat(of(s), NEVER), response).unsubscribe();
      return [response.writableEnded, response.listenerCount('drain'), response.listenerCount('close')];
    });

    expect(ended).toStrictEqual([false, 0, expect.any(Number)]);
  });

  it('answers over HTTP/2, and unsubscribes when the stream is closed', async () => {
    const { answer, gone } = endless();
    const listening = await listenHttp2((_, response) => void pipeToNode(answer(), response));
    const client = connectHttp2(listening.url);
    const stream = client.request({ ':path': '/' }).setEncoding('utf8');
    const [headers] = (await once(stream, 'response')) as [Record<string, string>];
    const [data] = (await once(stream, 'data')) as [string];
    stream.close();
    await gone;
    client.close();
    listening.close();

    expect(headers['content-type']).toBe('text/event-stream');
    expect(data).toContain('"type":"start"');
  });
});
