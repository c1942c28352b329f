import { setImmediate } from 'node:timers/promises';
import { concat, defer, finalize, from, NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { fromResponse, text, toResponse } from '../../web/index.ts';
import { chunks, cut } from '../chunks.ts';
import { outcomeOf } from './wire.ts';

const { s, a, b, f } = chunks;
const decoder = new TextDecoder();

/** The reader of a body; each `read` is one read. */
function readerOf({ body }: Response) {
  const reader = body?.getReader();
  if (!reader) throw new Error('no body');
  return {
    read: async () => {
      const { done, value } = await reader.read();
      return done ? 'done' : decoder.decode(value);
    },
    cancel: () => reader.cancel(),
  };
}

/** A source that counts who subscribes and who leaves. */
function counted(source: Observable<StreamChunk>) {
  const count = { subscribed: 0, left: 0 };
  const chunks$ = defer(() => {
    count.subscribed += 1;
    return source.pipe(finalize(() => (count.left += 1)));
  });
  return { count, chunks$ };
}

describe('toResponse', () => {
  it('subscribes when somebody begins to read, once', async () => {
    const { count, chunks$ } = counted(from([s, a, f]));
    const response = toResponse(chunks$);
    await Promise.resolve();

    expect(count).toStrictEqual({ subscribed: 0, left: 0 });
    await response.text();
    expect(count).toStrictEqual({ subscribed: 1, left: 1 });
  });

  it('makes no request where the body is cancelled before it is read', async () => {
    const { count, chunks$ } = counted(from([s, a, f]));
    await toResponse(chunks$).body?.cancel();

    expect(count).toStrictEqual({ subscribed: 0, left: 0 });
  });

  it('unsubscribes at once when the body is cancelled', async () => {
    const { count, chunks$ } = counted(concat(of(s), NEVER));
    const reader = readerOf(toResponse(chunks$));
    await reader.read();
    void reader.cancel();

    expect(count).toStrictEqual({ subscribed: 1, left: 1 });
  });

  it('gives what was written between two reads as one piece', async () => {
    const source = new Subject<StreamChunk>();
    const reader = readerOf(toResponse(source, { format: text() }));
    const first = reader.read();
    await setImmediate();
    source.next(a);
    source.next(b);
    source.next(b);

    expect(await first).toBe('a');
    expect(await reader.read()).toBe('bb');
  });

  it('serves several reads that wait', async () => {
    const source = new Subject<StreamChunk>();
    const reader = readerOf(toResponse(source, { format: text() }));
    const reads = [reader.read(), reader.read(), reader.read()];
    await setImmediate();
    source.next(a);
    source.next(b);
    source.complete();

    expect(await Promise.all(reads)).toStrictEqual(['a', 'b', 'done']);
  });

  it('keeps no more than the text for a reader that is slow', async () => {
    const source = new Subject<StreamChunk>();
    const reader = readerOf(toResponse(source, { format: text() }));
    const first = reader.read();
    await setImmediate();
    for (let at = 0; at < 10_000; at += 1) source.next({ ...a, text: '12345678' });
    source.complete();

    expect([await first, (await reader.read()).length, (await reader.read()).length]).toStrictEqual([
      '12345678',
      16_384,
      80_000 - 8 - 16_384,
    ]);
    expect(await reader.read()).toBe('done');
  });

  it('gives all that was written before it fails', async () => {
    const source = new Subject<StreamChunk>();
    const reader = readerOf(toResponse(source, { format: text() }));
    const first = reader.read();
    await setImmediate();
    source.next(a);
    source.next(b);
    source.error(cut);

    expect([await first, await reader.read()]).toStrictEqual(['a', 'b']);
    await expect(reader.read()).rejects.toBe(cut);
  });

  it('has the status 200 and headers that can be added to', () => {
    const response = toResponse(throwError(() => cut));
    response.headers.set('x-run', '1');

    expect([
      response.status,
      response.headers.get('x-run'),
      response.headers.get('cache-control'),
    ]).toStrictEqual([200, '1', 'no-store, no-transform']);
  });

  it('sends the headers of the format', () => {
    const format = { ...text(), headers: { 'x-format': 'own' } };

    expect(toResponse(of(s), { format }).headers.get('x-format')).toBe('own');
  });

  it('refuses wrong options at the call', () => {
    expect(() => toResponse(of(s), { heartbeat: -1 })).toThrow(
      'toResponse: heartbeat must be a number from 1, not -1',
    );
  });

  it('is read back by fromResponse', async () => {
    expect(await outcomeOf(fromResponse(toResponse(from([s, a, b, f]))))).toStrictEqual({
      seen: [s, a, b, f],
      error: undefined,
    });
  });
});
