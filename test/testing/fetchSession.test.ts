import type { ProviderSettings } from '../../src/model.ts';
import type { ServerResponse } from 'node:http';
import { type Observable, take } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRxllmError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { recordFetch } from '../../testing/recordFetch.ts';
import { replayFetch } from '../../testing/replayFetch.ts';
import { wires } from '../providers/wires.ts';
import { startServer, type TestServer } from '../server.ts';
import { place, useNewPlace, written, writtenOnce } from './recordingPlace.ts';

let server: TestServer;
useNewPlace();

beforeEach(async () => {
  server = await startServer();
});

afterEach(() => server.close());

/** The chunks of a stream, then its error as JSON where it has one. */
function outcomeOf(stream: Observable<StreamChunk>): Promise<unknown[]> {
  const seen: unknown[] = [];
  return new Promise((resolve) => {
    stream.subscribe({
      next: (chunk) => seen.push(chunk),
      error: (error: unknown) => resolve([...seen, isRxllmError(error) ? error.toJSON() : error]),
      complete: () => resolve(seen),
    });
  });
}

async function inTurn(streams: readonly Observable<StreamChunk>[]): Promise<unknown[][]> {
  const outcomes: unknown[][] = [];
  for (const stream of streams) outcomes.push(await outcomeOf(stream));
  return outcomes;
}

/** Answers each further request with the next of these. */
function respondInTurn(...answers: ((response: ServerResponse) => void)[]): void {
  const turns = answers.values();
  server.respond((response) => turns.next().value?.(response));
}

/** Sends pieces as network reads of their own. */
async function send(response: ServerResponse, pieces: readonly (string | Uint8Array)[]): Promise<void> {
  for (const piece of pieces) {
    response.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe.each(wires)('a session through $name', (wire) => {
  const framed = (events: readonly object[]) => events.map(wire.frame).join('');
  const model = (fetch: typeof globalThis.fetch) =>
    wire.create(server.url, { fetch } as ProviderSettings & { fetch: typeof globalThis.fetch });
  const text = (word: string) => framed([...wire.opening, ...wire.text(word)]);
  const closing = framed(wire.closing) + wire.sentinel;

  function play(): void {
    const head = { 'content-type': wire.contentType, 'x-request-id': 'request-1' };
    respondInTurn(
      (response) => {
        response.writeHead(200, head);
        const bytes = Buffer.from(text('Grüezi 日本 👋') + closing);
        const middle = bytes.indexOf('日') + 1;
        void send(response, [bytes.subarray(0, 20), bytes.subarray(20, middle), bytes.subarray(middle)]).then(
          () => response.end(),
        );
      },
      (response) => {
        response.writeHead(200, head);
        response.end(framed([...wire.opening, ...wire.toolCall, ...wire.closingAfterTool]) + wire.sentinel);
      },
      (response) => {
        response.writeHead(429, {
          'content-type': 'application/json',
          'retry-after': '7',
          'request-id': 'request-3',
        });
        response.end(JSON.stringify(wire.errorBody));
      },
      (response) => {
        response.writeHead(200, head);
        response.end(text('Hel') + wire.frame(wire.errorEvent));
      },
      (response) => {
        response.writeHead(200, head);
        void send(response, [text('Hel')]).then(() => response.destroy());
      },
      (response) => response.destroy(),
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(wire.whole));
      },
      (response) => {
        response.writeHead(200, head);
        response.write(text('Hel'));
      },
    );
  }

  const session = (fetch: typeof globalThis.fetch) => {
    const asked = model(fetch);
    const messages = [{ role: 'user', content: 'Hi' }] as const;
    return inTurn([
      ...Array.from({ length: 6 }, () => asked.stream('Hi')),
      asked.stream({ messages, stream: false }),
      asked.stream('Hi').pipe(take(2)),
    ]);
  };

  it.each(['at-once', 'recorded'] as const)(
    'is replayed %s without the server, with the same chunks and errors',
    async (pace) => {
      play();
      const live = await session(recordFetch(place.file));
      await server.close();
      const answers = JSON.stringify(live);

      expect(answers).toContain('"text":"Grüezi 日本 👋"');
      expect(answers).toContain('"type":"tool-call"');
      expect(live[2]).toMatchObject([{ name: 'ProviderError', status: 429, retryAfter: 7000 }]);
      expect(live[3]?.at(-1)).toMatchObject({ name: 'ProviderError', partial: { text: 'Hel' } });
      expect(live[4]?.at(-1)).toMatchObject({ name: 'StreamInterruptedError', partial: { text: 'Hel' } });
      expect(live[5]).toMatchObject([{ name: 'ProviderError', retryable: true }]);
      expect(await session(replayFetch(place.file, { pace }))).toStrictEqual(live);
      expect(written().map(({ end }) => end.as)).toStrictEqual([
        'complete',
        'complete',
        'complete',
        expect.stringMatching('complete|aborted'),
        'failed',
        'failed',
        'complete',
        'aborted',
      ]);

      server = await startServer();
    },
  );

  it('writes text as text, and bytes that are none in base64', async () => {
    play();
    await outcomeOf(model(recordFetch(place.file)).stream('Hi'));
    const [exchange] = await writtenOnce(1);

    expect(exchange?.request).toMatchObject({
      method: 'POST',
      path: server.requests[0]?.path,
      body: { json: server.requests[0]?.body },
    });
    expect(exchange?.response).toMatchObject({ status: 200, headers: { 'x-request-id': 'request-1' } });
    expect(exchange?.pieces.map((piece) => Object.keys(piece).join())).toStrictEqual([
      'at,text',
      'at,base64',
      'at,base64',
    ]);
  });

  it('fails a request that has no recording, saying what was asked and what there is', async () => {
    play();
    await outcomeOf(model(recordFetch(place.file)).stream('Hi'));
    const { path } = (await writtenOnce(1))[0]?.request ?? {};
    const fetch = replayFetch(place.file, { pace: 'at-once' });
    await outcomeOf(model(fetch).stream('Hi'));
    const [error] = await outcomeOf(model(fetch).stream('Hi'));

    expect(error).toMatchObject({
      name: 'ProviderError',
      retryable: false,
      status: 404,
      code: 'no_recording',
    });
    expect((error as Error).message).toContain(
      `replayFetch: ${place.file} has no recording left of POST ${path}, but POST ${path} (played)`,
    );
  });
});
