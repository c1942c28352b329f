import { once } from 'node:events';
import { from, throwError } from 'rxjs';
import { EventSource } from 'undici';
import { describe, expect, it } from 'vitest';
import type { StreamChunk } from '../../src/chunk.ts';
import { ProviderError } from '../../src/errors.ts';
import { sseText } from '../../web/index.ts';
import { chunks } from '../chunks.ts';
import { serveWithNode } from './servers.ts';

const { s, a, b, f } = chunks;
const busy = new ProviderError('busy', { provider: 'test', status: 529, retryable: true });

describe('an EventSource', () => {
  it('reads the events by their names, and is told the end', async () => {
    const server = await serveWithNode(() => from([s, a, { ...b, eventId: '7' } as StreamChunk]));
    const events = new EventSource(server.url);
    const seen: unknown[] = [];
    for (const name of ['start', 'text-delta']) {
      events.addEventListener(name, (event) => {
        const { data, lastEventId } = event as MessageEvent<string>;
        seen.push(JSON.parse(data), lastEventId);
      });
    }
    await once(events, 'end');
    events.close();

    expect(seen).toStrictEqual([s, '', a, '', b, '7']);
  });

  it('is told a failure, which is not its own', async () => {
    const server = await serveWithNode(() => throwError(() => busy));
    const events = new EventSource(server.url);
    const own: unknown[] = [];
    events.addEventListener('error', (event) => own.push(event));
    const [{ data }] = (await once(events, 'stream-error')) as [{ data: string }];
    events.close();

    expect(JSON.parse(data)).toMatchObject({ type: 'error', error: { message: 'busy', status: 529 } });
    expect(own).toStrictEqual([]);
  });

  it('gets text of several lines as it is', async () => {
    const server = await serveWithNode(() => from([s, { ...a, text: ' one\n\ntwo' }, f]), {
      format: sseText(),
    });
    const events = new EventSource(server.url);
    const texts: unknown[] = [];
    events.onmessage = ({ data }) => texts.push(data);
    await once(events, 'end');
    events.close();

    expect(texts).toStrictEqual([' one\n\ntwo']);
  });
});
