import {
  concat,
  finalize,
  firstValueFrom,
  from,
  map,
  NEVER,
  of,
  Subject,
  take,
  tap,
  throwError,
  toArray,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { executeTools } from '../../operators/executeTools.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import { ProviderError } from '../../src/errors.ts';
import { fromWebSocket, type SocketInput } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { serveSockets } from './sockets.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f, n, d, e, F } = chunks;

describe('serveWebSocket and fromWebSocket', () => {
  it('bring the chunks of a turn to the other side', async () => {
    const asked: unknown[] = [];
    const { url } = await serveSockets((message) => {
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
    const { url, server } = await serveSockets((message) => of(s, { ...a, text: String(message) }, f));
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
    expect(server.clients.size).toBeLessThanOrEqual(1);
  });

  it('stop the turn under way', async () => {
    const { url } = await serveSockets((_, { stopped }) =>
      concat(of(s, a), NEVER).pipe(interruptOn(stopped)),
    );
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
    const { url } = await serveSockets((_, { approve }) =>
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
    const { url } = await serveSockets(() =>
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
    const { url } = await serveSockets(() => concat(of(s), NEVER).pipe(finalize(() => left.next())));
    await outcomeOf(fromWebSocket(url, concat(of({ message: 'Hi' }), NEVER)).pipe(take(1)));

    await expect(gone).resolves.toBeUndefined();
  });
});
