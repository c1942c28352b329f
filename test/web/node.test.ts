import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { setImmediate } from 'node:timers/promises';
import { concat, defer, from, NEVER, of } from 'rxjs';
import { describe, expect, it, vi } from 'vitest';
import { pipeToNode } from '../../web/node.ts';
import { chunks } from '../chunks.ts';
import { endless, listen, listenHttp2 } from './servers.ts';

const { s, f } = chunks;

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
