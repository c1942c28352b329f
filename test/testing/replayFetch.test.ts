import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import OpenAI from 'openai';
import { describe, expect, it, vi } from 'vitest';
import { openai } from '../../providers/openai.ts';
import { recordFetch } from '../../testing/recordFetch.ts';
import { replayFetch } from '../../testing/replayFetch.ts';
import { answering, place, recordOne, url, useNewPlace } from './recordingPlace.ts';

useNewPlace();

/** Reads a body and notes when each read came. */
async function timesOf(response: Response): Promise<[number, string][]> {
  const times: [number, string][] = [];
  for await (const bytes of response.body ?? [])
    times.push([performance.now(), Buffer.from(bytes).toString()]);
  return times;
}

function useVirtualTimers(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'], now: 0 });
}

/** Records an answer whose reader stops behind the first piece, 20 ms after it asked. */
async function recordStopped(): Promise<void> {
  useVirtualTimers();
  const controller = new AbortController();
  const fetch = recordFetch(place.file, { fetch: answering(['a', 'b'], { wait: 15 }) });
  const reader = (await fetch(url, { signal: controller.signal })).body?.getReader();
  const first = reader?.read();
  await vi.advanceTimersByTimeAsync(20);
  await first;
  controller.abort();
}

describe('replayFetch', () => {
  it('answers at the recorded pace, read by read', async () => {
    useVirtualTimers();
    const done = recordOne(answering(['a', 'b', 'c'], { wait: 10 }));
    await vi.advanceTimersByTimeAsync(100);
    await done;
    const start = performance.now();
    const played = replayFetch(place.file)(url).then(timesOf);
    await vi.advanceTimersByTimeAsync(100);

    expect((await played).map(([at, text]) => [at - start, text])).toStrictEqual([
      [10, 'a'],
      [20, 'b'],
      [30, 'c'],
    ]);
  });

  it('keeps no listener of a wait that is over', async () => {
    useVirtualTimers();
    const done = recordOne(answering(Array.from('abc'), { wait: 10 }));
    await vi.advanceTimersByTimeAsync(100);
    await done;
    const added = vi.spyOn(AbortSignal.prototype, 'addEventListener');
    const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener');
    const played = replayFetch(place.file)(url).then(timesOf);
    await vi.advanceTimersByTimeAsync(100);

    expect(await played).toHaveLength(3);
    // The one that is left is for the request.
    expect(added).toHaveBeenCalledTimes(5);
    expect(removed).toHaveBeenCalledTimes(4);
    vi.restoreAllMocks();
  });

  it('answers at once, in the same reads, without a timer', async () => {
    useVirtualTimers();
    const done = recordOne(answering(['a', 'b', 'c'], { wait: 10 }));
    await vi.advanceTimersByTimeAsync(100);
    await done;
    const start = performance.now();
    const response = await replayFetch(place.file, { pace: 'at-once' })(url);

    expect(await timesOf(response)).toStrictEqual(['a', 'b', 'c'].map((text) => [start, text]));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('answers each method and path in the recorded order, whatever host and query are', async () => {
    const answers = ['one', 'two', 'list', 'put'].values();
    const fetch = recordFetch(place.file, {
      fetch: () => Promise.resolve(new Response(answers.next().value)),
    });
    for (const path of ['chat', 'chat', 'models'])
      await (await fetch(`http://live.test/v1/${path}?a=1`)).text();
    await (await fetch('http://live.test/v1/chat', { method: 'put' })).text();
    const replay = replayFetch(pathToFileURL(place.file));
    const ask = async (path: string, method = 'GET') =>
      (await replay(new URL(path, 'https://other.test/'), { method })).text();

    expect(await ask('v1/models')).toBe('list');
    expect(await ask('v1/chat', 'PUT')).toBe('put');
    expect(await ask('v1/chat?key=2')).toBe('one');
    expect(await ask('v1/chat')).toBe('two');
  });

  it('refuses what it has no recording of, once and for all', async () => {
    await recordOne(answering(['a']));
    const replay = replayFetch(place.file);
    const response = await replay('http://model.test/v1.chat', { method: 'POST' });
    writeFileSync(place.file, JSON.stringify({ format: 'rxllm fetch recording 1', exchanges: [] }));
    const ofNothing = await replayFetch(place.file)(url);

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: {
        code: 'no_recording',
        message: `replayFetch: ${place.file} has no recording left of POST /v1.chat, but GET /v1/chat`,
      },
    });
    expect(await ofNothing.text()).toContain('has no recording left of GET /v1/chat, but is empty');
  });

  it('tells the user of a plain SDK, which does not retry', async () => {
    await recordOne(answering(['a']));
    const fetch = vi.fn(replayFetch(place.file));
    const client = new OpenAI({ apiKey: 'none', fetch });

    await expect(client.models.list()).rejects.toThrow(
      'has no recording left of GET /v1/models, but GET /v1/chat',
    );
    expect(fetch).toHaveBeenCalledOnce();
  });

  it('breaks off where the recorded connection did', async () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    const breaking: typeof fetch = () => {
      const pieces = [new TextEncoder().encode('a')].values();
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const { value, done } = pieces.next();
          if (done) controller.error(new TypeError('terminated', { cause: reset }));
          else controller.enqueue(value);
        },
      });
      return Promise.resolve(new Response(body));
    };
    await recordOne(breaking).catch(() => undefined);
    const reader = (await replayFetch(place.file)(url)).body?.getReader();

    expect(await reader?.read()).toMatchObject({ done: false });
    await expect(reader?.read()).rejects.toMatchObject({
      name: 'TypeError',
      message: 'terminated',
      cause: { code: 'ECONNRESET' },
    });
  });

  it('fails a request that failed, with the same error', async () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const errors = [
      new TypeError('fetch failed', { cause: refused }),
      new TypeError('fetch failed'),
      Object.assign(new Error('odd'), { name: 'TimeoutError' }),
    ];
    const fetch = vi.fn<typeof globalThis.fetch>();
    for (const error of errors) fetch.mockRejectedValueOnce(error);
    const record = recordFetch(place.file, { fetch });
    for (const _ of errors) await record(url).catch(() => undefined);
    const replay = replayFetch(place.file);

    for (const error of errors) await expect(replay(url)).rejects.toStrictEqual(error);
  });

  it('aborts with the reason of the signal: before, during and behind the headers', async () => {
    useVirtualTimers();
    const done = recordOne(async (input, init) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      return answering(['a', 'b'], { wait: 10 })(input, init);
    });
    await vi.advanceTimersByTimeAsync(100);
    const [exchange] = await done;
    const exchanges = Array.from({ length: 4 }, () => exchange);
    writeFileSync(place.file, JSON.stringify({ format: 'rxllm fetch recording 1', exchanges }));
    const replay = replayFetch(place.file);
    const reason = new Error('enough');

    await expect(replay(url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const early = new AbortController();
    const refused = expect(replay(url, { signal: early.signal })).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(5);
    early.abort(reason);
    await refused;

    for (const reads of [0, 1]) {
      const late = new AbortController();
      const answer = replay(url, { signal: late.signal });
      await vi.advanceTimersByTimeAsync(10);
      const reader = (await answer).body?.getReader();
      const waits = Array.from({ length: reads }, () => expect(reader?.read()).rejects.toBe(reason));
      late.abort(reason);
      await Promise.all(waits);
      await expect(reader?.read()).rejects.toBe(reason);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  it('drops its timer and its listener when the body is cancelled', async () => {
    useVirtualTimers();
    const done = recordOne(answering(['a', 'b'], { wait: 10 }));
    await vi.advanceTimersByTimeAsync(100);
    await done;
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const reader = (await replayFetch(place.file)(url, { signal })).body?.getReader();
    const pending = reader?.read();
    await reader?.cancel();

    expect(await pending).toMatchObject({ done: true });
    expect(remove).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(['recorded', 'at-once'] as const)(
    'waits where the recorded reader stopped, then fails (%s)',
    async (pace) => {
      await recordStopped();
      const reader = (await replayFetch(place.file, { pace })(url)).body?.getReader();
      const first = reader?.read();
      await vi.advanceTimersByTimeAsync(20);
      expect(await first).toMatchObject({ done: false });
      const failed = vi.fn();
      reader?.read().catch(failed);
      await vi.advanceTimersByTimeAsync(990);

      expect(failed).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(20);
      expect(failed).toHaveBeenCalledExactlyOnceWith(
        new Error('replayFetch: the recorded reader of GET /v1/chat stopped here'),
      );
    },
  );

  it('refuses, after a while, what was stopped before its answer', async () => {
    useVirtualTimers();
    const controller = new AbortController();
    const silent: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('stopped'))),
      );
    const asked = recordFetch(place.file, { fetch: silent })(url, { signal: controller.signal });
    const stopped = expect(asked).rejects.toThrow('stopped');
    await vi.advanceTimersByTimeAsync(5);
    controller.abort();
    await stopped;
    const response = replayFetch(place.file)(url);
    await vi.advanceTimersByTimeAsync(1005);

    expect((await response).status).toBe(404);
    expect(await (await response).text()).toContain(
      'the recorded reader of GET /v1/chat stopped before the answer',
    );
  });

  it.each([
    ['is not JSON', '{'],
    ['is not a recording of recordFetch', 'null'],
    ['is not a recording of recordFetch', '{"format":"har","exchanges":[]}'],
    ['is not a recording of recordFetch', '{"format":"rxllm fetch recording 1"}'],
  ])('throws at the call for a file that %s: %s', (fault, text) => {
    writeFileSync(place.file, text);

    expect(() => replayFetch(place.file)).toThrow(`replayFetch: ${place.file} ${fault}`);
  });

  it('throws at the call for a missing file and for a wrong pace', () => {
    expect(() => replayFetch(place.file)).toThrow('ENOENT');
    expect(() => replayFetch(undefined as never)).toThrow(
      'replayFetch: the file must be a path or a file URL',
    );
    expect(() => replayFetch(place.file, { pace: 'fast' as 'recorded' })).toThrow(
      'replayFetch: pace must be recorded, at-once, not fast',
    );
  });

  it('is an option of a provider', () => {
    writeFileSync(place.file, JSON.stringify({ format: 'rxllm fetch recording 1', exchanges: [] }));

    expect(openai('gpt-5-mini', { apiKey: 'none', fetch: replayFetch(place.file) }).provider).toBe('openai');
  });
});
