import { once } from 'node:events';
import { connect } from 'node:net';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  of,
  range,
  map,
  Subject,
  take,
  tap,
  throwError,
} from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { joinDeltas } from '../../operators/joinDeltas.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { fromServerSentEvents, ndjson, text } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { endless, servers } from './servers.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f } = chunks;
const busy = new ProviderError('busy', { provider: 'test', status: 529, retryable: true });

describe.each(servers)('%s', (_, serve) => {
  it('brings all chunks and the end to the other side', async () => {
    const server = await serve(() => from([s, a, b, f]));

    expect(await outcomeOf(fromServerSentEvents(server.url))).toStrictEqual({
      seen: [s, a, b, f],
      error: undefined,
    });
  });

  it('brings them in any format', async () => {
    const server = await serve(() => from([s, a, b, f]), { format: ndjson() });
    const read = fromServerSentEvents(server.url, { format: ndjson() });

    expect(await outcomeOf(read)).toStrictEqual({ seen: [s, a, b, f], error: undefined });
  });

  it('sends each chunk when it comes', async () => {
    const more = new Subject<StreamChunk>();
    const server = await serve(() => concat(of(s), more));
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
    const server = await serve(() => throwError(() => busy));
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
    const server = await serve(answer);
    const seen = await outcomeOf(fromServerSentEvents(server.url).pipe(take(2)));

    expect(seen.seen).toStrictEqual([s, a]);
    await gone;
  });

  it('unsubscribes from the source when the connection of the client breaks', async () => {
    const { answer, gone } = endless();
    const server = await serve(answer);
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
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    onTestFinished(() => printed.mockRestore());
    const server = await serve(
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
    const server = await serve(() => defer(() => from([((requests += 1), s)])));
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
    const server = await serve(() => source);
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
    const server = await serve(() => from([s, ...all, f]));
    const { seen } = await outcomeOf(fromServerSentEvents(server.url));
    const joined = (list: readonly StreamChunk[]) => firstValueFrom(of(list).pipe(joinDeltas()));

    expect(seen.length).toBeLessThan(all.length);
    expect(await joined(seen)).toStrictEqual(await joined([s, ...all, f]));
  });
});
