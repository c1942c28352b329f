import { concat, NEVER, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../src/errors.ts';
import { serveWebSocket, type ServerSocket } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { serveSockets } from './sockets.ts';

const { s, a, b, f } = chunks;
const end = { type: 'end' };

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

describe('serveWebSocket', () => {
  it('goes on after a turn that failed', async () => {
    let turns = 0;
    const { url } = await serveSockets(
      () => ((turns += 1), turns === 1 ? throwError(() => new Error('secret')) : of(s)),
    );
    const frames = await exchange(url, 3, '{"message":1}', '{"message":2}');

    expect(frames).toMatchObject([{ type: 'error', error: { message: 'The server failed' } }, s, end]);
  });

  it('brings an error of the handler itself', async () => {
    const { url } = await serveSockets(() => {
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
    const { url } = await serveSockets(() => of(s));
    const frames = await exchange(url, 3, input, '{"message":1}');

    expect(frames).toMatchObject([
      { type: 'input-error', error: { name: 'InvalidRequestError', retryable: false } },
      s,
      end,
    ]);
  });

  it('lets so many messages wait and no more', async () => {
    const { url } = await serveSockets(() => NEVER);
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
