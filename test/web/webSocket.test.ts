import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  concat,
  defer,
  finalize,
  firstValueFrom,
  from,
  map,
  NEVER,
  type Observable,
  of,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { executeTools } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { InvalidRequestError, ProviderError, StreamInterruptedError } from '../../src/errors.ts';
import {
  fromWebSocket,
  serveWebSocket,
  type ServerSocket,
  type SocketInput,
  type SocketTurn,
} from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f, n, d, e, F } = chunks;
const end = { type: 'end' };

let server: WebSocketServer | undefined;
afterEach(() => {
  for (const client of server?.clients ?? []) client.terminate();
  server?.close();
});

/** Serves a handler on a free port. */
async function serve(
  handler: (message: unknown, turn: SocketTurn) => Observable<StreamChunk>,
): Promise<string> {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => serveWebSocket(handler, socket));
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** A plain socket: sends these texts, and collects so many frames. */
async function exchange(url: string, count: number, ...sent: readonly (string | Uint8Array<ArrayBuffer>)[]) {
  const socket = new WebSocket(url);
  const frames: unknown[] = [];
  socket.addEventListener('open', () => {
    for (const one of sent) socket.send(one);
  });
  await new Promise<void>((resolve) => {
    socket.addEventListener('message', ({ data }) => {
      frames.push(JSON.parse(String(data)));
      if (frames.length === count) resolve();
    });
  });
  socket.close();
  return frames;
}

describe('serveWebSocket and fromWebSocket', () => {
  it('bring the chunks of a turn to the other side', async () => {
    const asked: unknown[] = [];
    const url = await serve((message) => {
      asked.push(message);
      return from([s, a, b, f]);
    });

    expect(await outcomeOf(fromWebSocket(url, of({ message: { text: 'Hi' } })))).toStrictEqual({
      seen: [s, a, b, f],
      error: undefined,
    });
    expect(asked).toStrictEqual([{ text: 'Hi' }]);
  });

  it('have one turn after the other on one socket', async () => {
    const url = await serve((message) => of(s, { ...a, text: String(message) }, f));
    const input = new Subject<SocketInput>();
    const answer = fromWebSocket(url, input).pipe(
      tap(({ type }) => {
        if (type !== 'finish') return;
        input.next({ message: 'two' });
        input.next({ message: 'three' });
        input.complete();
      }),
      map((chunk) => ('text' in chunk ? chunk.text : chunk.type)),
      toArray(),
    );
    const seen = firstValueFrom(answer);
    input.next({ message: 'one' });

    expect(await seen).toStrictEqual([
      'start',
      'one',
      'finish',
      'start',
      'two',
      'finish',
      'start',
      'three',
      'finish',
    ]);
    expect(server?.clients.size).toBeLessThanOrEqual(1);
  });

  it('stop the turn under way', async () => {
    const url = await serve((_, { stopped }) => concat(of(s, a), NEVER).pipe(interruptOn(stopped)));
    const input = new Subject<SocketInput>();
    const seen = outcomeOf(
      fromWebSocket(url, input).pipe(
        tap(({ type }) => {
          if (type !== 'text-delta') return;
          input.next({ stop: true });
          input.complete();
        }),
      ),
    );
    input.next({ message: 'Hi' });

    expect((await seen).seen).toStrictEqual([s, a, { type: 'finish', reason: 'aborted', metadata: {} }]);
  });

  it.each([true, false])('ask whether a tool may run, and are told %s', async (approved) => {
    const weather = { name: 'weather', parameters: z.object({ city: z.string() }), execute: () => 'sunny' };
    const url = await serve((_, { approve }) =>
      from([s, n, d, e, F]).pipe(executeTools([weather], { approve })),
    );
    const input = new Subject<SocketInput>();
    const seen = outcomeOf(
      fromWebSocket(url, input).pipe(
        tap((chunk) => {
          if (chunk.type !== 'approval-request') return;
          input.next({ approve: { toolCallId: 'another', approved: true } });
          input.next({ approve: { toolCallId: chunk.toolCallId, approved } });
          input.complete();
        }),
      ),
    );
    input.next({ message: 'Hi' });

    expect((await seen).seen.at(-1)).toMatchObject({ type: 'tool-result', isError: !approved });
  });

  it('bring back what a turn failed with', async () => {
    const busy = new ProviderError('busy', { status: 529, retryable: true });
    const url = await serve(() =>
      concat(
        of(s, a),
        throwError(() => busy),
      ),
    );
    const { seen, error } = await outcomeOf(fromWebSocket(url, of({ message: 'Hi' })));

    expect(seen).toStrictEqual([s, a]);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ message: 'busy', status: 529, retryable: true });
  });

  it('unsubscribe from the source when the client leaves', async () => {
    const left = new Subject<void>();
    const gone = firstValueFrom(left);
    const url = await serve(() => concat(of(s), NEVER).pipe(finalize(() => left.next())));
    await outcomeOf(fromWebSocket(url, concat(of({ message: 'Hi' }), NEVER)).pipe(take(1)));

    await expect(gone).resolves.toBeUndefined();
  });
});

describe('serveWebSocket', () => {
  it('goes on after a turn that failed', async () => {
    let turns = 0;
    const url = await serve(
      () => ((turns += 1), turns === 1 ? throwError(() => new Error('secret')) : of(s)),
    );
    const frames = await exchange(url, 3, '{"message":1}', '{"message":2}');

    expect(frames).toMatchObject([{ type: 'error', error: { message: 'The server failed' } }, s, end]);
  });

  it('brings an error of the handler itself', async () => {
    const url = await serve(() => {
      throw new InvalidRequestError('no text');
    });

    expect(await exchange(url, 1, '{"message":1}')).toMatchObject([
      { type: 'error', error: { name: 'InvalidRequestError', message: 'no text' } },
    ]);
  });

  it.each([
    'nonsense',
    '5',
    'null',
    '{"stop":false}',
    '{"approve":true}',
    '{"approve":{"toolCallId":1,"approved":true}}',
    '{"approve":{"toolCallId":"1"}}',
    new Uint8Array([123, 125]),
  ])('answers the input %s with an error, and goes on', async (input) => {
    const url = await serve(() => of(s));
    const frames = await exchange(url, 3, input, '{"message":1}');

    expect(frames).toMatchObject([
      { type: 'input-error', error: { name: 'InvalidRequestError', retryable: false } },
      s,
      end,
    ]);
  });

  it('lets so many messages wait and no more', async () => {
    const url = await serve(() => NEVER);
    const frames = await exchange(url, 1, ...Array.from({ length: 18 }, () => '{"message":1}'));

    expect(frames).toMatchObject([
      { type: 'input-error', error: { message: 'More than 16 messages wait for an answer' } },
    ]);
  });

  it('joins what a slow client has to wait for', async () => {
    const sent: { type: string; text?: string }[] = [];
    const socket = Object.assign(new EventTarget(), {
      readyState: 1,
      bufferedAmount: 0,
      close: () => undefined,
      send(text: string) {
        sent.push(JSON.parse(text) as (typeof sent)[number]);
        socket.bufferedAmount += 10_000;
      },
    });
    serveWebSocket(() => concat(of(s, a, b, b, f), NEVER), socket);
    socket.dispatchEvent(Object.assign(new Event('message'), { data: '{"message":1}' }));
    const before = sent.map(({ type }) => type);
    socket.bufferedAmount = -1_000_000;
    while (sent.length < 4) await new Promise(setImmediate);
    socket.dispatchEvent(new Event('close'));

    expect(before).toStrictEqual(['start', 'text-delta']);
    expect(sent.slice(2)).toStrictEqual([{ ...b, text: 'bb' }, f]);
  });

  it('closes the socket where something cannot be sent', () => {
    let closed = 0;
    const socket = Object.assign(new EventTarget(), {
      readyState: 1,
      send: () => undefined,
      close: () => (closed += 1),
    });
    serveWebSocket(() => of({ type: 'raw', event: 1n }), socket);
    socket.dispatchEvent(Object.assign(new Event('message'), { data: '{"message":1}' }));

    expect(closed).toBe(1);
  });

  it('does nothing with a socket that is closed', () => {
    const socket = Object.assign(new EventTarget(), { readyState: 3 });

    expect(serveWebSocket(() => NEVER, socket as unknown as ServerSocket).closed).toBe(true);
  });
});

describe('fromWebSocket', () => {
  it('connects when it is subscribed to, not before', async () => {
    const url = await serve(() => of(s));
    let connections = 0;
    server?.on('connection', () => (connections += 1));
    const answer = fromWebSocket(
      url,
      defer(() => of({ message: 'Hi' })),
    );

    expect(connections).toBe(0);
    await outcomeOf(answer);
    await outcomeOf(answer);
    expect(connections).toBe(2);
  });

  it('fails with what had arrived when the connection is lost', async () => {
    const url = await serve(() => concat(of(s, a), NEVER));
    const answer = fromWebSocket(url, of({ message: 'Hi' })).pipe(
      tap(({ type }) => {
        if (type === 'text-delta') for (const client of server?.clients ?? []) client.terminate();
      }),
    );
    const { error } = await outcomeOf(answer);

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/^The connection was lost: it /) as string,
      partial: { text: 'a' },
    });
  });

  it('fails where the server closes before the end of a turn, in good order', async () => {
    const url = await serve(() => concat(of(s, a), NEVER));
    const answer = fromWebSocket(url, of({ message: 'Hi' })).pipe(
      tap(({ type }) => {
        if (type === 'text-delta') for (const client of server?.clients ?? []) client.close(1000);
      }),
    );

    expect((await outcomeOf(answer)).error).toBeInstanceOf(StreamInterruptedError);
  });

  it('fails where nobody listens', async () => {
    const url = await serve(() => NEVER);
    server?.close();

    expect((await outcomeOf(fromWebSocket(url, NEVER))).error).toBeInstanceOf(StreamInterruptedError);
  });

  it('fails where the server does not understand the input', async () => {
    const url = await serve(() => of(s));
    const input = concat(of({ hello: 1 } as unknown as SocketInput), NEVER);
    const { error } = await outcomeOf(fromWebSocket(url, input));

    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({
      message: 'This input cannot be understood: it should have a message, an approve or stop: true',
    });
  });

  it('fails where a frame is no JSON', async () => {
    const url = await serve(() => NEVER);
    server?.on('connection', (socket) => socket.send('nonsense'));
    const { error } = await outcomeOf(fromWebSocket(url, NEVER));

    expect(error).toMatchObject({ name: 'ProviderError', code: 'malformed-event' });
  });

  it('uses the class and the protocols that it is given', async () => {
    const url = await serve(() => of(s));
    const made: unknown[] = [];
    class Own extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        made.push(args);
      }
    }
    await outcomeOf(fromWebSocket(url, of({ message: 1 }), { protocol: 'chat', WebSocket: Own }));

    expect(made).toStrictEqual([[url, 'chat']]);
  });
});
