import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { concat, finalize, map, NEVER, type Observable, of, range, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drainTo, type DrainToOptions, type Sink } from '../../operators/drainTo.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import type { SinkError } from '../../src/errors.ts';
import { chunks, cut } from '../chunks.ts';
import { startServer, type TestServer } from '../server.ts';

const { s, a, b, c, t, u, f } = chunks;
const delta = (text: string): StreamChunk => ({ type: 'text-delta', text, block: 0 });

/** What became of a drained stream. */
function drain(source: Observable<StreamChunk>, sink: Sink, options?: DrainToOptions) {
  const seen = {
    counts: [] as number[],
    error: undefined as SinkError | undefined,
    isDone: false,
    isAborted: false,
    subscription: NEVER.subscribe(),
  };
  seen.subscription = source
    .pipe(
      finalize(() => (seen.isAborted = true)),
      drainTo(sink, options),
    )
    .subscribe({
      next: (count) => seen.counts.push(count),
      error: (error: SinkError) => (seen.error = error),
      complete: () => (seen.isDone = true),
    });
  return seen;
}

/** A Node stream that takes a write when the test says so. */
function slowWritable(highWaterMark = 1) {
  const writes: string[] = [];
  let next: ((error?: Error) => void) | undefined;
  const sink = new Writable({
    highWaterMark,
    decodeStrings: false,
    write: (data: string, _, callback) => {
      writes.push(data);
      next = callback;
    },
  });
  return { sink, writes, take: (error?: Error) => next?.(error) };
}

const listeners = (sink: Writable) =>
  ['error', 'close', 'drain', 'finish'].map((name) => sink.listenerCount(name));

describe('drainTo with a Node stream', () => {
  it('writes the text, joined while the stream is full, and ends it', async () => {
    const { sink, writes, take } = slowWritable();
    const before = listeners(sink);
    const source = new Subject<StreamChunk>();
    const seen = drain(source, sink);

    for (const chunk of [s, t, a, b, u, c]) source.next(chunk);
    expect(writes).toStrictEqual(['a']);
    take();
    await expect.poll(() => writes).toStrictEqual(['a', 'bc']);
    source.next(f);
    source.complete();
    expect(seen.isDone).toBe(false);
    take();
    await expect.poll(() => seen.isDone).toBe(true);
    expect(seen.counts).toStrictEqual([1, 3]);
    expect(sink.writableFinished).toBe(true);
    expect(listeners(sink)).toStrictEqual(before);
  });

  it('hands over at once while the stream has room', () => {
    const { sink, writes, take } = slowWritable(1_000);
    const seen = drain(concat(of(s, a, b), NEVER), sink);

    expect(seen.counts).toStrictEqual([1, 2]);
    expect(sink.writableLength).toBe(2);
    take();
    seen.subscription.unsubscribe();
    expect(writes[0]).toBe('a');
  });

  it('waits for a stream that is full already', async () => {
    const { sink, writes, take } = slowWritable();
    sink.write('before');
    const seen = drain(of(s, a, b, f), sink, { end: false });

    expect(seen.isDone).toBe(false);
    take();
    await expect.poll(() => writes).toStrictEqual(['before', 'ab']);
    take();
    await expect.poll(() => seen.isDone).toBe(true);
  });

  it('leaves the stream open with end: false', async () => {
    const sink = new PassThrough();
    const seen = drain(of(s, a, f), sink, { end: false });

    expect(seen.isDone).toBe(true);
    sink.end('!');
    expect(await sink.toArray().then((all) => all.join(''))).toBe('a!');
  });

  it('writes what format makes of a chunk, one write each', () => {
    const sink = new PassThrough({ objectMode: true });
    const format = (chunk: StreamChunk) => (chunk.type === 'usage' ? undefined : { kind: chunk.type });
    const seen = drain(of(s, t, a, u, f), sink, { format, end: false });
    const written: unknown[] = [];
    for (let one: unknown = sink.read(); one !== null; one = sink.read()) written.push(one);

    expect(written).toStrictEqual(
      ['start', 'thinking-delta', 'text-delta', 'finish'].map((kind) => ({ kind })),
    );
    expect(seen.counts).toStrictEqual([1, 2]);
  });

  it('passes on what format throws as it is', () => {
    const wrong = new Error('wrong');
    const format = () => {
      throw wrong;
    };

    expect(drain(of(s), new PassThrough(), { format }).error).toBe(wrong);
  });

  it('passes on the error of the source when all is written, and leaves the stream open', async () => {
    const { sink, writes, take } = slowWritable();
    const source = concat(
      of(s, a, b),
      throwError(() => cut),
    );
    const seen = drain(source, sink);

    expect(seen.error).toBeUndefined();
    take();
    await expect.poll(() => writes).toStrictEqual(['a', 'b']);
    take();
    await expect.poll(() => seen.error).toBe(cut);
    expect(sink.writableEnded).toBe(false);
  });

  it('fails when the stream fails, written to or not', async () => {
    const { sink, take } = slowWritable();
    const before = listeners(sink);
    const seen = drain(concat(of(s, a, b), NEVER), sink);
    take(Object.assign(new Error('no space'), { code: 'ENOSPC' }));

    await expect
      .poll(() => seen.error)
      .toMatchObject({ name: 'SinkError', code: 'ENOSPC', provider: 'test' });
    expect(seen.error?.partial.text).toBe('ab');
    expect(seen.isAborted).toBe(true);
    expect(listeners(sink)).toStrictEqual(before);
  });

  it('fails with EPIPE when the reading process is gone', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.destroy(); process.exit()']);
    await once(child, 'exit');
    const source = new Subject<StreamChunk>();
    const seen = drain(source, child.stdin);
    source.next(a);

    await expect.poll(() => seen.error?.code).toMatch(/^(EPIPE|ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/);
    expect(source.observed).toBe(false);
  });

  it.each([
    ['destroyed', (sink: Writable) => sink.destroy()],
    ['ended', (sink: Writable) => sink.end()],
  ])('fails without subscribing when the stream is %s already', (_, close) => {
    const sink = new PassThrough();
    close(sink);
    const source = new Subject<StreamChunk>();
    const seen = drain(source, sink);

    expect(seen.error).toMatchObject({
      message: 'What is written to failed: it was closed',
      code: 'ERR_STREAM_PREMATURE_CLOSE',
    });
    expect(seen.isAborted).toBe(false);
  });

  it('fails when the stream refuses what it is given', () => {
    const seen = drain(of(s, a), new PassThrough(), { format: () => 7 });

    expect(seen.error).toMatchObject({ name: 'SinkError', code: 'ERR_INVALID_ARG_TYPE' });
  });

  it('stops writing at once when unsubscribed from', async () => {
    const { sink, writes, take } = slowWritable();
    const before = listeners(sink);
    const seen = drain(concat(of(s, a, b), NEVER), sink);
    seen.subscription.unsubscribe();
    take();
    await setImmediate();

    expect(writes).toStrictEqual(['a']);
    expect(listeners(sink)).toStrictEqual(before);
    expect(sink.writableEnded).toBe(false);
  });

  it('needs of a stream no more than write, end and once', () => {
    const events: string[] = [];
    const sink = {
      write: (data: unknown) => events.push(`write ${String(data)}`),
      once: (event: string, listener: () => void) => event === 'finish' && (sink.end = listener),
      end: () => undefined as unknown,
    };
    const seen = drain(of(s, a, f), sink);

    expect(events).toStrictEqual(['write a']);
    expect(seen.isDone).toBe(true);
  });
});

describe('drainTo with an HTTP response', () => {
  let server: TestServer;
  beforeEach(async () => (server = await startServer()));
  afterEach(() => server.close());

  /** Requests an answer that the source is drained to, and does not read it yet. */
  async function request(source: Observable<StreamChunk>, options?: DrainToOptions) {
    const answered = new Promise<{ seen: ReturnType<typeof drain>; response: ServerResponse }>((resolve) => {
      server.respond((response) => {
        response.flushHeaders();
        resolve({ response, seen: drain(source, response, options) });
      });
    });
    const client = get(server.url);
    const [message] = (await once(client, 'response')) as [IncomingMessage];
    client.on('error', () => undefined);
    message.on('error', () => undefined);
    return { ...(await answered), client, message };
  }

  const line = 'All work and no play makes Jack a dull boy.\n'.repeat(25);
  const lines = (count: number) => range(count).pipe(map((index) => delta(`${index} ${line}`)));
  const story = (count: number) => concat(of(s), lines(count), of(f));

  it('delivers every character to a client that reads late', async () => {
    const { seen, message } = await request(story(20_000));
    expect(seen.isDone).toBe(false);
    const before = seen.counts.at(-1);
    message.setEncoding('utf8');
    let text = '';
    for await (const piece of message) text += String(piece);
    const expected: string[] = [];
    lines(20_000).subscribe((chunk) => expected.push((chunk as { text: string }).text));

    expect(text === expected.join('')).toBe(true);
    await expect.poll(() => seen.isDone).toBe(true);
    expect(seen.counts.at(-1)).toBe(text.length);
    expect(before).toBeLessThan(text.length / 2);
  });

  it('fails when the client stalls and more waits than the limit', async () => {
    const { seen, client } = await request(concat(story(20_000), NEVER), { limit: 100_000 });

    expect(seen.error?.code).toBe('LIMIT_EXCEEDED');
    expect(seen.isAborted).toBe(true);
    client.destroy();
  });

  it('aborts the source when the client goes away, also while nothing is written', async () => {
    const source = new Subject<StreamChunk>();
    const { seen, client, response } = await request(source);
    source.next(s);
    source.next(a);
    client.destroy();

    await expect
      .poll(() => seen.error)
      .toMatchObject({ name: 'SinkError', code: 'ERR_STREAM_PREMATURE_CLOSE' });
    expect(seen.error?.partial.text).toBe('a');
    expect(source.observed).toBe(false);
    expect(response.listenerCount('error')).toBe(0);
  });

  it('aborts the source when the client goes away while it stalls', async () => {
    const { seen, client } = await request(concat(story(20_000), NEVER));
    expect(seen.error).toBeUndefined();
    client.destroy();

    await expect.poll(() => seen.error?.name).toBe('SinkError');
    expect(seen.isAborted).toBe(true);
  });
});

/** A web stream that takes a write when the test says so. */
function slowStream() {
  const writes: unknown[] = [];
  let settle: { resolve: () => void; reject: (error: unknown) => void } | undefined;
  const sink = new WritableStream<unknown>({
    write: (data) =>
      new Promise((resolve, reject) => {
        writes.push(data);
        settle = { resolve, reject };
      }),
  });
  return { sink, writes, take: () => settle?.resolve(), fail: (error: unknown) => settle?.reject(error) };
}

describe('drainTo with a WritableStream', () => {
  it('writes the text, joined while the stream is busy, closes it and gives it back', async () => {
    const { sink, writes, take } = slowStream();
    const source = new Subject<StreamChunk>();
    const seen = drain(source, sink);

    expect(sink.locked).toBe(true);
    for (const chunk of [s, a]) source.next(chunk);
    await expect.poll(() => writes).toStrictEqual(['a']);
    for (const chunk of [t, b, u, c, f]) source.next(chunk);
    take();
    await expect.poll(() => writes).toStrictEqual(['a', 'bc']);
    source.complete();
    expect(seen.isDone).toBe(false);
    take();
    await expect.poll(() => seen.isDone).toBe(true);
    expect(seen.counts).toStrictEqual([1, 3]);
    expect(sink.locked).toBe(false);
  });

  it('writes to a writer, and leaves it open with end: false', async () => {
    const { readable, writable } = new TransformStream<string, string>();
    const writer = writable.getWriter();
    const text = readable.values();
    const seen = drain(of(s, a, b, f), writer, { end: false });

    expect((await text.next()).value).toBe('ab');
    await expect.poll(() => seen.isDone).toBe(true);
    void writer.write('!');
    expect((await text.next()).value).toBe('!');
  });

  it('streams the body of a Response', async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const encoder = new TextEncoder();
    const format = (chunk: StreamChunk) => ('text' in chunk ? encoder.encode(chunk.text) : undefined);
    const seen = drain(of(s, a, b, f), writable, { format });

    expect(await new Response(readable).text()).toBe('ab');
    await expect.poll(() => seen.isDone).toBe(true);
  });

  it('fails when the reader cancels, also while nothing is written', async () => {
    const { readable, writable } = new TransformStream<string, string>();
    const source = new Subject<StreamChunk>();
    const seen = drain(source, writable);
    await readable.cancel(new Error('enough'));

    await expect
      .poll(() => seen.error)
      .toMatchObject({
        name: 'SinkError',
        message: 'What is written to failed: enough',
      });
    expect(source.observed).toBe(false);
    expect(writable.locked).toBe(false);
  });

  it('fails when a write is rejected', async () => {
    const { sink, writes, fail } = slowStream();
    const seen = drain(concat(of(s, a, b), NEVER), sink);
    await expect.poll(() => writes).toHaveLength(1);
    fail(new Error('full'));

    await expect.poll(() => seen.error?.message).toBe('What is written to failed: full');
    expect(seen.isAborted).toBe(true);
  });

  it('fails when somebody else closes the writer', async () => {
    const writer = new WritableStream().getWriter();
    const seen = drain(concat(of(s), NEVER), writer);
    await writer.close();

    await expect.poll(() => seen.error?.code).toBe('ERR_STREAM_PREMATURE_CLOSE');
  });

  it('fails without subscribing when the stream is locked', () => {
    const sink = new WritableStream();
    sink.getWriter();
    const seen = drain(of(s), sink);

    expect(seen.error).toMatchObject({ name: 'SinkError', cause: expect.any(TypeError) as unknown });
    expect(seen.isAborted).toBe(false);
  });

  it('gives the stream back when unsubscribed from, whatever then happens to it', async () => {
    const { sink, writes, fail } = slowStream();
    const seen = drain(concat(of(s, a, b), NEVER), sink);
    await expect.poll(() => writes).toHaveLength(1);
    seen.subscription.unsubscribe();

    expect(sink.locked).toBe(false);
    fail(new Error('late'));
    await setImmediate();
    expect(writes).toStrictEqual(['ab']);
    expect(seen.error).toBeUndefined();
  });
});
