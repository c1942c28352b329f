import { firstValueFrom, lastValueFrom, of, take, toArray } from 'rxjs';
import { describe, expect, inject, it } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import { latestPerFrame } from '../../operators/latestPerFrame.ts';
import { selectText } from '../../operators/selectText.ts';
import { ProviderError } from '../../src/index.ts';
import {
  agUi,
  fromResponse,
  fromServerSentEvents,
  fromWebSocket,
  ndjson,
  sse,
  uiMessageStream,
} from '../../web/index.ts';

const said = 'Hello, wörld 🌍';
const at = (path: string) => `${inject('url')}/${path}`;

describe('a page', () => {
  it('reads a stream of its server piece by piece', async () => {
    const texts = await lastValueFrom(fromServerSentEvents(at('stream/hello')).pipe(selectText(), toArray()));

    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join('')).toBe(said);
  });

  it('reads a response that it fetched itself', async () => {
    const text = await lastValueFrom(fromResponse(fetch(at('stream/hello'))).pipe(accumulateText()));

    expect(text).toBe(said);
  });

  it('lets the server stop when it leaves', async () => {
    await firstValueFrom(fromServerSentEvents(at('stream/endless?id=a')).pipe(selectText(), take(1)));

    expect(await (await fetch(at('left/a'))).text()).toBe('left');
  });

  it('gets the error of the server, with its class and what had come', async () => {
    const error: unknown = await lastValueFrom(fromServerSentEvents(at('stream/failing'))).catch(
      (failure: unknown) => failure,
    );

    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ status: 529, retryable: true });
    expect((error as ProviderError).partial.text).toBe(said);
  });

  it('gets the rest of an answer that it had begun to read before', async () => {
    const run = `log/${crypto.randomUUID()}`;
    const first = await lastValueFrom(fromServerSentEvents(at(run)).pipe(take(3), toArray()));
    const lastEventId = first.at(-1)?.eventId ?? null;
    const rest = await lastValueFrom(fromServerSentEvents(at(run), { lastEventId }).pipe(toArray()));

    const texts = [...first, ...rest].flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.text] : []));
    expect(texts.join('')).toBe(said);
  });

  it('can read the stream with a native EventSource', async () => {
    const texts: string[] = [];
    const events = new EventSource(at('stream/hello'));
    events.addEventListener('text-delta', ({ data }: MessageEvent<string>) => {
      texts.push((JSON.parse(data) as { text: string }).text);
    });
    await new Promise((resolve) => events.addEventListener('end', resolve));
    events.close();

    expect(texts.join('')).toBe(said);
  });

  it.each(Object.entries({ sse, ndjson, uiMessageStream, agUi }))('reads %s', async (name, format) => {
    const chunks = fromServerSentEvents(at(`stream/hello?format=${name}`), { format: format() });

    expect(await lastValueFrom(chunks.pipe(accumulateText()))).toBe(said);
  });

  it('talks over a WebSocket', async () => {
    const chunks = fromWebSocket(inject('url').replace('http', 'ws'), of({ message: 'Hello' }));

    expect(await lastValueFrom(chunks.pipe(accumulateText()))).toBe(said);
  });

  it('draws the latest text of a frame, and always the last', async () => {
    const drawn = await lastValueFrom(
      fromServerSentEvents(at('stream/hello')).pipe(accumulateText(), latestPerFrame(), toArray()),
    );

    expect(drawn.at(-1)).toBe(said);
  });
});
