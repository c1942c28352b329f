import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { recordFetch } from '../../testing/recordFetch.ts';
import { replayFetch } from '../../testing/replayFetch.ts';
import { startServer } from '../server.ts';
import { answering, place, recordOne, url, useNewPlace, written } from './recordingPlace.ts';

useNewPlace();

describe('recordFetch', () => {
  it('gives the answer as it is, and asks as it was asked', async () => {
    const inner = vi.fn(
      answering(['a', 'b'], { init: { status: 201, statusText: 'Made', headers: { 'x-own': 'own' } } }),
    );
    const init = { method: 'POST', body: 'hello' };
    const response = await recordFetch(place.file, { fetch: inner })(url, init);

    expect(inner).toHaveBeenCalledExactlyOnceWith(url, init);
    expect([response.status, response.statusText, response.headers.get('x-own')]).toStrictEqual([
      201,
      'Made',
      'own',
    ]);
    expect(await response.text()).toBe('ab');
    expect(written()[0]).toMatchObject({
      request: { method: 'POST', path: '/v1/chat', body: { text: 'hello' } },
      response: { status: 201, statusText: 'Made' },
      pieces: [{ text: 'a' }, { text: 'b' }],
      end: { as: 'complete' },
    });
  });

  it('keeps the URL of the answer', async () => {
    const server = await startServer();
    server.respond((response) => response.end('ok'));
    const response = await recordFetch(place.file)(`${server.url}/models`);

    expect(response.url).toBe(`${server.url}/models`);
    expect(await response.text()).toBe('ok');
    await server.close();
    expect((await replayFetch(place.file)(`${server.url}/models?a=1`)).url).toBe(`${server.url}/models?a=1`);
  });

  it.each<[string, unknown, (() => BodyInit) | undefined]>([
    ['no body', undefined, undefined],
    ['JSON', { json: { a: [1, null, 'b'] } }, () => '{"a":[1,null,"b"]}'],
    ['JSON that is no object', { json: [{ token: '[removed]' }, 7] }, () => '[{"token":"abc"},7]'],
    ['bytes', { base64: '/w==' }, () => new Uint8Array([255])],
    ['a stream', { text: 'streamed' }, () => new Blob(['streamed']).stream()],
    ['a form', { text: 'a=1&b=2' }, () => new URLSearchParams({ a: '1', b: '2' })],
    ['a blob', { text: 'blob' }, () => new Blob(['blob'])],
  ])('writes a request of %s, and sends it', async (_, body, create) => {
    const sent: string[] = [];
    const inner: typeof fetch = async (input, init) => {
      const bytes = await new Response(init?.body).arrayBuffer();
      sent.push(Buffer.from(bytes).toString('base64'));
      return new Response('ok');
    };
    const init = create && { method: 'PUT', body: create(), duplex: 'half' };
    const [exchange] = await recordOne(inner, init);

    expect(exchange?.request.body).toStrictEqual(body);
    expect(exchange?.request.method).toBe(create ? 'PUT' : 'GET');
    const plain = create ? Buffer.from(await new Response(create()).arrayBuffer()).toString('base64') : '';
    expect(sent).toStrictEqual([plain]);
  });

  it('takes a Request, a URL and a path alone', async () => {
    const inner = vi.fn(() => Promise.resolve(new Response('ok')));
    const request = new Request(url, { method: 'POST', body: 'asked', headers: { accept: 'text/plain' } });
    const record = recordFetch(place.file, { fetch: inner });
    for (const input of [request, new Request(url), new URL('http://model.test/models'), '/local']) {
      await (await record(input)).text();
    }

    expect(written().map((exchange) => exchange.request)).toMatchObject([
      { method: 'POST', path: '/v1/chat', headers: { accept: 'text/plain' }, body: { text: 'asked' } },
      { method: 'GET', path: '/v1/chat' },
      { method: 'GET', path: '/models' },
      { method: 'GET', path: '/local' },
    ]);
    const replay = replayFetch(place.file);
    expect(await (await replay(request)).text()).toBe('ok');
    expect(await (await replay('/local')).text()).toBe('ok');
  });

  it('writes times in milliseconds since the request', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const slow: typeof fetch = async (input, init) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return answering(['a', 'b'], { wait: 15 })(input, init);
    };
    const done = recordOne(slow);
    await vi.advanceTimersByTimeAsync(100);
    const [exchange] = await done;

    expect(exchange).toMatchObject({
      response: { at: 20 },
      pieces: [{ at: 35 }, { at: 50 }],
      end: { at: 65, as: 'complete' },
    });
  });

  it('writes a whole file at the end of each answer, and nothing of what is under way', async () => {
    const record = recordFetch(pathToFileURL(join(place.folder, 'new', 'deep', 'session.json')), {
      fetch: answering(['a']),
    });
    place.file = join(place.folder, 'new', 'deep', 'session.json');
    const open = await record(url);
    expect(() => written()).toThrow('ENOENT');

    await (await record(`${url}/second`)).text();
    expect(written().map(({ request }) => request.path)).toStrictEqual(['/v1/chat/second']);

    await open.text();
    expect(written().map(({ request }) => request.path)).toStrictEqual(['/v1/chat', '/v1/chat/second']);
    expect(readdirSync(join(place.folder, 'new', 'deep'))).toStrictEqual(['session.json']);
  });

  it('replaces an earlier recording', async () => {
    await recordOne(answering(['a']));
    await recordOne(answering(['b']));

    expect(written()).toMatchObject([{ pieces: [{ text: 'b' }] }]);
  });

  it('writes what had come when the reader stops: by its signal, by cancelling, before the answer', async () => {
    const controller = new AbortController();
    const record = recordFetch(place.file, { fetch: answering(['a', 'b']) });
    const aborted = (await record(url, { signal: controller.signal })).body?.getReader();
    await aborted?.read();
    controller.abort();
    await expect(aborted?.read()).rejects.toThrow('aborted');

    const cancelled = (await record(url)).body?.getReader();
    await cancelled?.read();
    await cancelled?.cancel();

    const refusing = recordFetch(place.file, {
      fetch: (_, init) => Promise.reject(init?.signal?.reason as Error),
    });
    await expect(refusing(url, { signal: controller.signal })).rejects.toThrow('aborted');
    expect(written()).toMatchObject([{ pieces: [], end: { as: 'aborted' } }]);
    expect(written()[0]).not.toHaveProperty('response');

    await (await record(url)).text();
    expect(written()).toMatchObject([
      { pieces: [{ text: 'a' }], end: { as: 'aborted' } },
      { pieces: [{ text: 'a' }], end: { as: 'aborted' } },
      { pieces: [{ text: 'a' }, { text: 'b' }], end: { as: 'complete' } },
    ]);
  });

  it('rejects with a failure as it is, and writes it without hosts', async () => {
    const cause = (code: string, message: string) => Object.assign(new Error(message), { code });
    const failed = { name: 'TypeError', message: 'fetch failed' };
    const thrown: unknown[] = [
      new TypeError('fetch failed', {
        cause: cause('ENOTFOUND', 'getaddrinfo ENOTFOUND my-account.azure.test'),
      }),
      new TypeError('fetch failed', { cause: cause('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.7:443') }),
      cause('ECONNREFUSED', 'connect ECONNREFUSED ::1:11434 - Local (fe80::1%eth0)'),
      Object.assign(new Error('model.test: see https://my-account.test/a?b'), { code: 7 }),
      'model.test is down',
      undefined,
    ];
    const fetch = vi.fn<typeof globalThis.fetch>();
    for (const error of thrown) fetch.mockRejectedValueOnce(error);
    const record = recordFetch(place.file, { fetch });
    for (const error of thrown) await expect(record(url)).rejects.toBe(error);
    const errors = written().map(({ end }) => end.error);

    expect(errors).toStrictEqual([
      { ...failed, cause: { name: 'Error', message: 'getaddrinfo ENOTFOUND *', code: 'ENOTFOUND' } },
      { ...failed, cause: { name: 'Error', message: 'connect ECONNREFUSED *', code: 'ECONNREFUSED' } },
      { name: 'Error', message: 'connect ECONNREFUSED * - Local (*%eth0)', code: 'ECONNREFUSED' },
      { name: 'Error', message: '*: see *' },
      { name: 'Error', message: '* is down' },
      { name: 'Error', message: 'undefined' },
    ]);
  });

  it('plays and writes an answer that has no body', async () => {
    await recordOne(() => Promise.resolve(new Response(null, { status: 204 })));
    const response = await replayFetch(place.file)(url);

    expect([response.status, response.body]).toStrictEqual([204, null]);
  });

  it('listens to the signal no longer than the answer lasts', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    await recordOne(answering(['a']), { signal });
    await (await replayFetch(place.file)(url, { signal })).text();

    expect(add).toHaveBeenCalledTimes(2);
    expect(remove.mock.calls.map(([, listener]) => listener)).toStrictEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
  });

  it('fails the answer where the file cannot be written', async () => {
    writeFileSync(join(place.folder, 'taken'), '');
    const record = recordFetch(join(place.folder, 'taken', 'session.json'), { fetch: answering(['a']) });
    const response = await record(url);

    await expect(response.text()).rejects.toThrow(/EEXIST|ENOTDIR/);
  });

  it('throws at the call for a file that is none, and for secrets that are none', () => {
    expect(() => recordFetch('')).toThrow('recordFetch: the file must be a path or a file URL, not ""');
    expect(() => recordFetch(place.file, { secrets: [''] })).toThrow(
      'recordFetch: secrets must be non-empty strings',
    );
    expect(() => recordFetch(place.file, { secrets: [7 as never] })).toThrow(
      'recordFetch: secrets must be non-empty strings',
    );
  });
});
