import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { firstValueFrom, lastValueFrom, type Observable, take, tap, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import {
  InvalidRequestError,
  ProviderError,
  type RxllmError,
  StreamAbortedError,
  StreamInterruptedError,
} from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { startServer, type TestServer } from '../server.ts';
import type { Wire } from './wires/wire.ts';

const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };

/** What every provider owes its server and its subscriber. */
export function behavesAsProvider(wire: Wire): void {
  describe(`${wire.name} as a provider`, () => {
    let server: TestServer;
    const printed: unknown[][] = [];
    const rejected: unknown[] = [];
    const onRejection = (reason: unknown) => rejected.push(reason);

    beforeAll(async () => {
      server = await startServer();
      process.on('unhandledRejection', onRejection);
    });

    beforeEach(() => {
      server.requests.length = 0;
      for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
        vi.spyOn(console, method).mockImplementation((...words) => void printed.push(words));
      }
    });

    afterEach(() => {
      vi.restoreAllMocks();
      expect(printed.splice(0)).toEqual([]);
      expect(rejected.splice(0)).toEqual([]);
    });

    afterAll(async () => {
      process.off('unhandledRejection', onRejection);
      await server.close();
    });

    const model = (settings?: Parameters<Wire['create']>[1]) => wire.create(server.url, settings);
    const framed = (events: readonly object[]) => events.map(wire.frame).join('');
    const answer = (...texts: string[]) =>
      framed([...wire.opening, ...texts.flatMap(wire.text), ...wire.closing]) + wire.sentinel;
    const respondWith = (body: string | Uint8Array) =>
      server.respond((response) => {
        response.writeHead(200, { 'content-type': wire.contentType, 'x-request-id': 'request-1' });
        response.end(body);
      });
    /** Writes what it is given and leaves the answer open. */
    const beginWith = (body: string, then?: (response: ServerResponse) => void) =>
      server.respond((response) => {
        response.writeHead(200, { 'content-type': wire.contentType });
        response.write(body, () => then?.(response));
      });

    it('asks for nothing before it is subscribed to, and once for each subscription', async () => {
      respondWith(answer('Hello'));
      const stream = model().stream('Hi');
      await new Promise((resolve) => setImmediate(resolve));
      expect(server.requests).toHaveLength(0);

      await lastValueFrom(stream);
      await lastValueFrom(stream);
      expect(server.requests).toHaveLength(2);
    });

    it('streams text between start and finish, with usage and the ids', async () => {
      respondWith(answer('Hel', 'lo'));
      const all = await collect(model().stream('Hi'));
      const start = all[0];

      expect(start).toMatchObject({
        type: 'start',
        provider: model().provider,
        model: 'test-1',
        requestId: 'request-1',
      });
      if (framed(wire.opening).includes('answer-1')) expect(start).toMatchObject({ responseId: 'answer-1' });
      expect(all.filter(({ type }) => type === 'text-delta')).toEqual([
        { type: 'text-delta', text: 'Hel', block: 0 },
        { type: 'text-delta', text: 'lo', block: 0 },
      ]);
      expect(all.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', rawReason: wire.rawReason, usage });
    });

    it.skipIf(!wire.createWithClient)('works with a ready client', async () => {
      respondWith(answer('Hello'));
      const withClient = await wire.createWithClient?.(server.url);

      expect(withClient && textOf(await collect(withClient.stream('Hi')))).toBe('Hello');
    });

    it('announces, writes and closes a tool call', async () => {
      respondWith(framed([...wire.opening, ...wire.toolCall, ...wire.closingAfterTool]) + wire.sentinel);
      const all = await collect(model().stream('Hi'));
      const call = all.find((chunk) => chunk.type === 'tool-call');

      expect(all.find((chunk) => chunk.type === 'tool-call-start')).toMatchObject({
        toolName: 'weather',
        block: 0,
      });
      expect(
        all.flatMap((chunk) => (chunk.type === 'tool-call-delta' ? [chunk.argumentsDelta] : [])).join(''),
      ).toBe('{"city":"Bern"}');
      expect(call).toMatchObject({
        toolCallId: 'call_1',
        toolName: 'weather',
        arguments: { city: 'Bern' },
        block: 0,
      });
      expect(all.at(-1)).toMatchObject({ type: 'finish', reason: 'tool-calls', usage });
    });

    it('gives the same chunks for a whole answer', async () => {
      server.respond((response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(wire.whole));
      });
      const all = await collect(
        model().stream({ messages: [{ role: 'user', content: 'Hi' }], stream: false }),
      );

      expect(server.requests[0]?.body).toMatchObject({ stream: false });
      expect(textOf(all)).toBe('Hello');
      expect(all.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', usage });
    });

    it('asks for the whole answer by itself where the model cannot stream', async () => {
      respondWith(JSON.stringify(wire.whole));
      const all = await collect(model({ capabilities: { streaming: false } }).stream('Hi'));

      expect(server.requests[0]?.body).toMatchObject({ stream: false });
      expect(textOf(all)).toBe('Hello');
    });

    it("shows the provider's own events on request", async () => {
      respondWith(answer('Hello'));
      const all = await collect(
        model().stream({ messages: [{ role: 'user', content: 'Hi' }], includeRaw: true }),
      );
      const raw = all.flatMap((chunk) => (chunk.type === 'raw' ? [chunk.event] : []));

      expect(raw).toEqual([...wire.opening, ...wire.text('Hello'), ...wire.closing]);
    });

    it('reads the same however the bytes are cut, with either line end', async () => {
      const text = 'Grüße, 世界 👩‍👩‍👧!';
      const bytes = Buffer.from(answer(text).replaceAll('\n', '\r\n'));
      server.respond((response) => {
        response.writeHead(200, { 'content-type': wire.contentType });
        void (async () => {
          for (let at = 0; at < bytes.length; at += 7) {
            response.write(bytes.subarray(at, at + 7));
            if (at % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
          }
          response.end();
        })();
      });

      expect(textOf(await collect(model().stream('Hi')))).toBe(text);
    });

    it('finishes without an end sentinel, once the finish word has come', async () => {
      respondWith(framed([...wire.opening, ...wire.text('Hello'), ...wire.closing]).trimEnd());
      const all = await collect(model().stream('Hi'));

      expect(all.at(-1)).toMatchObject({ type: 'finish', reason: 'stop', usage });
    });

    it('uses the connection again for the next request', async () => {
      respondWith(answer('Hello'));
      await collect(model().stream('Hi'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      const before = await server.openConnections();
      await collect(model().stream('Hi'));

      expect(await server.openConnections()).toBe(before);
    });

    it('closes a connection that stays open behind the end of the answer', async () => {
      beginWith(answer('Hello'));
      await collect(model().stream('Hi'));

      await server.requests[0]?.closed;
      expect(server.requests).toHaveLength(1);
    });

    describe('when something goes wrong', () => {
      const opening = () => framed([...wire.opening, ...wire.text('Hel')]);

      it.each<[string, () => void, string]>([
        ['ends without a finish', () => respondWith(opening()), 'the stream ended without a finish'],
        [
          'ends in the middle of an event',
          () => respondWith(opening() + framed(wire.text('lo')).slice(0, -12)),
          'the stream ended in the middle of an event',
        ],
        [
          'is reset',
          () => beginWith(opening(), (response) => setTimeout(() => response.socket?.resetAndDestroy(), 20)),
          'the connection was lost (ECONNRESET)',
        ],
        [
          'is closed in the middle of a chunk',
          () => beginWith(opening(), (response) => setTimeout(() => response.socket?.destroy(), 20)),
          'the connection was lost (UND_ERR_SOCKET)',
        ],
      ])('fails with what had come when the stream %s', async (_, respond, why) => {
        respond();
        const error = await failure(model().stream('Hi'));

        expect(error).toBeInstanceOf(StreamInterruptedError);
        expect(error.message).toBe(`${model().provider} broke off its answer: ${why}`);
        expect(error).toMatchObject({
          provider: model().provider,
          retryable: true,
          partial: { text: 'Hel' },
        });
      });

      it('fails when an event is not JSON, and does not skip it', async () => {
        const broken = framed(wire.text('lo')).replace('{', '{{');
        respondWith(opening() + broken + framed(wire.closing) + wire.sentinel);
        const error = await failure(model().stream('Hi'));

        expect(error).toBeInstanceOf(ProviderError);
        expect(error).toMatchObject({ code: 'malformed-event', retryable: true, partial: { text: 'Hel' } });
      });

      it('fails when an event is larger than allowed', async () => {
        respondWith(opening() + framed(wire.text('x'.repeat(5_000))) + framed(wire.closing));
        const error = await failure(model({ maxEventLength: 4_000 }).stream('Hi'));

        expect(error).toMatchObject({ name: 'ProviderError', code: 'event-too-large', retryable: false });
        expect(error.message).toContain('4000 characters');
        await server.requests[0]?.closed;
      });

      it('fails when the server reports an error inside the stream', async () => {
        respondWith(opening() + wire.frame(wire.errorEvent));
        const error = await failure(model().stream('Hi'));

        expect(error).toBeInstanceOf(ProviderError);
        expect(error.message).toContain('server overloaded');
        expect(error).toMatchObject({ requestId: 'request-1', retryable: true, partial: { text: 'Hel' } });
      });

      it('keeps nothing of the answer with partial: false', async () => {
        respondWith(opening());

        expect((await failure(model({ partial: false }).stream('Hi'))).partial.text).toBe('');
      });

      it('tells a limit from a lasting refusal, and never retries by itself', async () => {
        server.respond((response) => {
          response.writeHead(429, {
            'content-type': 'application/json',
            'retry-after': '2',
            'x-request-id': 'request-2',
          });
          response.end(JSON.stringify(wire.errorBody));
        });
        const limit = await failure(model().stream('Hi'));
        expect(limit).toBeInstanceOf(ProviderError);
        expect(limit).toMatchObject({
          status: 429,
          retryable: true,
          retryAfter: 2000,
          requestId: 'request-2',
        });
        expect(limit.message).toBe(`${model().provider} answered 429: slow down`);
        expect(server.requests).toHaveLength(1);

        server.respond((response) => response.writeHead(401).end(JSON.stringify(wire.errorBody)));
        expect(await failure(model().stream('Hi'))).toMatchObject({ status: 401, retryable: false });
      });

      it.each([
        ['an HTML page', '<html><body>Bad gateway</body></html>', 'Bad gateway'],
        ['nothing', '', '502'],
      ])('fails with the status when the server answers with %s', async (_, body, words) => {
        server.respond((response) => response.writeHead(502, { 'content-type': 'text/html' }).end(body));
        const error = await failure(model().stream('Hi'));

        expect(error).toMatchObject({ name: 'ProviderError', status: 502, retryable: true });
        expect(error.message).toContain(words);
      });

      it('fails when the answer has nothing in it', async () => {
        respondWith('');

        expect(await failure(model().stream('Hi'))).toBeInstanceOf(StreamInterruptedError);
      });

      it('fails when the server cannot be reached', async () => {
        const gone = await startServer();
        await gone.close();
        const error = await failure(wire.create(gone.url).stream('Hi'));

        expect(error).toMatchObject({ name: 'ProviderError', code: 'ECONNREFUSED', retryable: true });
      });

      it('fails before any request when the messages make no sense', async () => {
        const stream = model().stream({ messages: [{ role: 'robot', content: 'Hi' } as never] });

        expect(await failure(stream)).toBeInstanceOf(InvalidRequestError);
        expect(server.requests).toHaveLength(0);
      });

      it('throws at the call for options that make no sense', () => {
        expect(() => model({ maxEventLength: 0 })).toThrow(
          'maxEventLength must be a whole number from 1, not 0',
        );
        expect(() => wire.create(server.url, {}, '')).toThrow(
          'the name of the model must be a non-empty string, not ""',
        );
      });
    });

    describe('when unsubscribed from', () => {
      it('makes no request when that happens at once', async () => {
        model().stream('Hi').subscribe().unsubscribe();
        await new Promise((resolve) => setTimeout(resolve, 20));

        expect(server.requests).toHaveLength(0);
      });

      it('closes the connection before the headers have come', async () => {
        const arrived = new EventEmitter();
        server.respond(() => arrived.emit('request'));
        const heard: unknown[] = [];
        const subscription = model()
          .stream('Hi')
          .subscribe({ next: (c) => heard.push(c), error: (e) => heard.push(e) });
        await once(arrived, 'request');
        subscription.unsubscribe();

        await server.requests[0]?.closed;
        expect(heard).toEqual([]);
      });

      it('closes the connection of a stream that stalls', async () => {
        beginWith(framed([...wire.opening, ...wire.text('Hel')]));
        const heard: unknown[] = [];
        await new Promise<void>((resolve) => {
          const subscription = model()
            .stream('Hi')
            .subscribe({
              next: ({ type }) => {
                if (type !== 'text-delta') return;
                setTimeout(() => {
                  subscription.unsubscribe();
                  resolve();
                }, 20);
              },
              error: (error) => heard.push(error),
              complete: () => heard.push('complete'),
            });
        });

        await server.requests[0]?.closed;
        expect(heard).toEqual([]);
      });

      it('closes the connection of a stream that flows, and maps no further event of the same read', async () => {
        server.respond((response) => {
          response.writeHead(200, { 'content-type': wire.contentType });
          response.write(
            framed([...wire.opening, ...Array.from({ length: 200 }, () => wire.text('x')).flat()]),
          );
        });
        let mapped = 0;
        const texts = model()
          .stream('Hi')
          .pipe(tap(({ type }) => (mapped += type === 'text-delta' ? 1 : 0)));
        await lastValueFrom(texts.pipe(take(3)));

        await server.requests[0]?.closed;
        expect(mapped).toBeLessThanOrEqual(3);
      });
    });

    it('tells when the request is aborted by another signal than its own', async () => {
      const { signal } = abortedSoon();
      beginWith(framed([...wire.opening, ...wire.text('Hel')]));
      const settings = { fetch: (url: string, init?: RequestInit) => fetch(url, { ...init, signal }) };
      const error = await failure(model(settings as never).stream('Hi'));

      expect(error).toBeInstanceOf(StreamAbortedError);
      expect(error).toMatchObject({ retryable: false, partial: { text: 'Hel' } });
    });
  });
}

function abortedSoon(): AbortController {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  return controller;
}

function collect(stream: Observable<StreamChunk>): Promise<StreamChunk[]> {
  return firstValueFrom(stream.pipe(verifyGrammar(), toArray()));
}

function textOf(all: readonly StreamChunk[]): string {
  return all.map((chunk) => (chunk.type === 'text-delta' ? chunk.text : '')).join('');
}

async function failure(stream: Observable<StreamChunk>): Promise<RxllmError> {
  return lastValueFrom(stream.pipe(verifyGrammar())).then(
    (last) => expect.unreachable(`completed with ${JSON.stringify(last)}`),
    (error: unknown) => error as RxllmError,
  );
}
