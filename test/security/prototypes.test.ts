import { firstValueFrom, from, lastValueFrom, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  accumulateResponse,
  bufferChunks,
  collectResponse,
  errorFromFacts,
  errorsToChunks,
  executeTools,
  joinDeltas,
  ProviderError,
  retryStream,
  splitDeltas,
  splitThinking,
  stampTime,
  type StreamChunk,
  toErrorFacts,
  verifyGrammar,
} from '../../src/index.ts';
import { modelFrom } from '../../models/modelFrom.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import { wires } from '../providers/wires.ts';
import { startServer, type TestServer } from '../server.ts';

const poison =
  '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"prototype":{"polluted":true}';
const inherited = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];
const untouched = Object.getOwnPropertyNames(Object.prototype);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(untouched);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(([] as { polluted?: unknown }).polluted).toBeUndefined();
});

/** The same JSON with the names of prototypes in each of its objects. */
function poisoned(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(poisoned).join()}]`;
  if (typeof value !== 'object' || value === null) {
    const isArguments = typeof value === 'string' && value === '{"city":';
    return JSON.stringify(isArguments ? `{${poison},"city":` : value);
  }
  const own = Object.entries(value).map(([key, inner]) => `,${JSON.stringify(key)}:${poisoned(inner)}`);
  return `{${poison}${own.join('')}}`;
}

describe.each(wires)('the names of prototypes from $name', (wire) => {
  const respondWith = (events: readonly object[], change: (event: object) => string = poisoned) =>
    server.respond((response) => {
      const frames = events.map((event) =>
        wire.frame(event).replace(JSON.stringify(event), () => change(event)),
      );
      response.writeHead(200, { 'content-type': wire.contentType }).end(frames.join('') + wire.sentinel);
    });
  const stream = () =>
    wire.create(server.url).stream({ messages: [{ role: 'user', content: 'Hi' }], includeRaw: true });

  it('change nothing about an answer, in any operator', async () => {
    respondWith([...wire.opening, ...wire.text('<think>Hm</think>Hello'), ...wire.closing]);
    const response = await firstValueFrom(
      stream().pipe(
        retryStream(),
        splitThinking(),
        splitDeltas({ by: 2 }),
        stampTime(),
        verifyGrammar(),
        collectResponse(),
      ),
    );
    expect(response).toMatchObject({
      text: 'Hello',
      thinking: 'Hm',
      finishReason: 'stop',
      usage: { outputTokens: 5 },
    });

    const last = await lastValueFrom(stream().pipe(accumulateResponse()));
    expect(last).toMatchObject({ text: '<think>Hm</think>Hello' });
    const batches = await lastValueFrom(stream().pipe(bufferChunks({ count: 2 }), joinDeltas(), toArray()));
    expect(batches.length).toBeGreaterThan(2);
  });

  it('reach a tool as what they are: names of its arguments, or nothing', async () => {
    respondWith([...wire.opening, ...wire.toolCall, ...wire.closingAfterTool]);
    const seen: object[] = [];
    const tool = (parameters: z.ZodType<object>) => ({
      name: 'weather',
      parameters,
      execute: (args: object) => {
        seen.push(args);
        return { ...args, done: true };
      },
    });
    for (const parameters of [z.object({ city: z.string() }), z.looseObject({ city: z.string() })]) {
      await lastValueFrom(stream().pipe(executeTools([tool(parameters)]), toArray()));
    }

    expect(seen).toHaveLength(2);
    for (const args of seen) {
      expect(args).toMatchObject({ city: 'Bern' });
      expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
      expect((args as { polluted?: unknown }).polluted).toBeUndefined();
    }
  });

  it.each(inherited)('are no tool to be found: %s', async (name) => {
    respondWith([...wire.opening, ...wire.toolCall, ...wire.closingAfterTool], (event) =>
      JSON.stringify(event).replaceAll('"weather"', JSON.stringify(name)),
    );
    const chunks = await lastValueFrom(stream().pipe(executeTools([]), toArray()));

    expect(chunks.find(({ type }) => type === 'tool-result')).toMatchObject({
      toolName: name,
      isError: true,
    });
  });

  it.each(inherited)('are unknown words where a word is read: %s', async (name) => {
    const words = new RegExp(`"(${wire.rawReason}|incomplete)"`, 'g');
    respondWith(
      [...wire.opening, ...wire.text('Hello'), { type: name, delta: 'x' }, ...wire.closing],
      (event) => JSON.stringify(event).replace(words, JSON.stringify(name)),
    );
    const chunks = await lastValueFrom(stream().pipe(toArray()));
    const finish = chunks.at(-1);

    expect(finish).toMatchObject({ type: 'finish', reason: 'other' });
    expect(chunks.filter(({ type }) => type === 'text-delta')).toHaveLength(1);
    expect(chunks.filter(({ type }) => type === 'thinking-delta')).toEqual([]);
  });

  it('are harmless in the body of an error, in a stream and out of it', async () => {
    respondWith([...wire.opening, wire.errorEvent]);
    const chunks = await lastValueFrom(stream().pipe(errorsToChunks(), toArray()));
    expect(chunks.at(-1)).toMatchObject({
      type: 'error',
      error: { name: 'ProviderError', provider: expect.any(String) as string },
    });

    server.respond((response) => response.writeHead(429).end(poisoned(wire.errorBody)));
    const [refused] = await lastValueFrom(stream().pipe(errorsToChunks(), toArray()));
    expect(refused).toMatchObject({ type: 'error', error: { status: 429, retryable: true } });
  });
});

describe('the names of prototypes', () => {
  it('are harmless where an error is made of what was told', () => {
    for (const name of inherited) {
      const told = JSON.parse(
        `{${poison},"name":${JSON.stringify(name)},"message":"no","retryable":true}`,
      ) as Parameters<typeof errorFromFacts>[0];
      const error = errorFromFacts(told);

      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({ name: 'ProviderError', message: 'no', retryable: true });
      expect((error as { polluted?: unknown }).polluted).toBeUndefined();
      expect(error.constructor).toBe(ProviderError);
      expect(Object.getPrototypeOf(toErrorFacts(error))).toBe(Object.prototype);
    }
  });

  it('are harmless in arguments', () => {
    const { arguments: args } = parseArguments(`{${poison}}`);

    expect(Object.getPrototypeOf(args)).toBe(Object.prototype);
    expect(Object.keys(args ?? {})).toEqual(['__proto__', 'constructor', 'prototype']);
  });

  it.each(inherited)('are no provider: %s', (name) => {
    expect(() => modelFrom(`${name}/x`)).toThrow('modelFrom: the name must be provider/model');
  });

  it('are harmless as ids and types of chunks', async () => {
    const chunks = inherited.flatMap((name, block): StreamChunk[] => [
      { type: 'tool-call-start', toolCallId: name, toolName: name, block },
      { type: 'tool-call', toolCallId: name, toolName: name, arguments: {}, block },
    ]);
    const start: StreamChunk = { type: 'start', provider: 'test', model: 'test-1' };
    const finish: StreamChunk = { type: 'finish', reason: 'tool-calls', metadata: {} };
    const all = await lastValueFrom(
      from([start, ...chunks, finish]).pipe(verifyGrammar(), executeTools([]), verifyGrammar(), toArray()),
    );

    expect(all.filter(({ type }) => type === 'tool-result')).toHaveLength(inherited.length);
  });
});
