import { concat, defer, NEVER, of, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError, StreamInterruptedError } from '../../src/errors.ts';
import { fromWebSocket, type SocketInput } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { serveSockets } from './sockets.ts';
import { outcomeOf } from './wire.ts';

const { s, a } = chunks;

describe('fromWebSocket', () => {
  it('connects when it is subscribed to, not before', async () => {
    const { url, server } = await serveSockets(() => of(s));
    let connections = 0;
    server.on('connection', () => (connections += 1));
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
    const { url, server } = await serveSockets(() => concat(of(s, a), NEVER));
    const answer = fromWebSocket(url, of({ message: 'Hi' })).pipe(
      tap(({ type }) => {
        if (type === 'text-delta') for (const client of server.clients) client.terminate();
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
    const { url, server } = await serveSockets(() => concat(of(s, a), NEVER));
    const answer = fromWebSocket(url, of({ message: 'Hi' })).pipe(
      tap(({ type }) => {
        if (type === 'text-delta') for (const client of server.clients) client.close(1000);
      }),
    );

    const { error } = await outcomeOf(answer);

    expect(error).toBeInstanceOf(StreamInterruptedError);
    expect(error).toMatchObject({
      message: 'The connection was lost: the server closed it before the end of the answer (1000)',
      partial: { text: 'a' },
    });
  });

  it.each([1000, undefined])('completes where the server closes between two turns, with %s', async (code) => {
    const { url, server } = await serveSockets(() => of(s));
    const answer = fromWebSocket(url, concat(of({ message: 'Hi' }), NEVER)).pipe(
      tap(() => {
        for (const client of server.clients) setImmediate(() => client.close(code));
      }),
    );

    expect(await outcomeOf(answer)).toStrictEqual({ seen: [s], error: undefined });
  });

  it('fails where the server closes because of trouble, and tells its reason', async () => {
    const { url, server } = await serveSockets(() => NEVER);
    server.on('connection', (socket) => socket.close(1012, 'new version'));
    const { error } = await outcomeOf(fromWebSocket(url, NEVER));

    expect(error).toMatchObject({
      name: 'StreamInterruptedError',
      message: 'The connection was lost: it was closed (1012, new version)',
      retryable: true,
    });
  });

  it('fails where nobody listens', async () => {
    const { url, server } = await serveSockets(() => NEVER);
    server.close();

    expect((await outcomeOf(fromWebSocket(url, NEVER))).error).toBeInstanceOf(StreamInterruptedError);
  });

  it('fails where the server does not understand the input', async () => {
    const { url } = await serveSockets(() => of(s));
    const input = concat(of({ hello: 1 } as unknown as SocketInput), NEVER);
    const { error } = await outcomeOf(fromWebSocket(url, input));

    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({
      message: 'This input cannot be understood: it should have a message, an approve or stop: true',
    });
  });

  it.each([{ mesage: 'x' }, 'hello', null, { approve: { toolCallId: 1 } }])(
    'refuses the input %j itself',
    async (input) => {
      const { url } = await serveSockets(() => of(s));
      const { seen, error } = await outcomeOf(fromWebSocket(url, of(input as unknown as SocketInput)));

      expect(seen).toStrictEqual([]);
      expect(error).toBeInstanceOf(InvalidRequestError);
    },
  );

  it('fails where a frame is no JSON', async () => {
    const { url, server } = await serveSockets(() => NEVER);
    server.on('connection', (socket) => socket.send('nonsense'));
    const { error } = await outcomeOf(fromWebSocket(url, NEVER));

    expect(error).toMatchObject({ name: 'ProviderError', code: 'malformed-event' });
  });

  it('uses the class and the protocols that it is given', async () => {
    const { url } = await serveSockets(() => of(s));
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
