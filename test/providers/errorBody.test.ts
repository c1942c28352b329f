import { lastValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderError } from '../../src/index.ts';
import { startServer, type TestServer } from '../server.ts';
import { wires } from './wires.ts';
import type { Wire } from './wires/wire.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** Refuses every request with these words first, and then the same ones for as long as somebody reads. */
function refuse(begin: string, more: string): () => number {
  let sent = 0;
  server.requests.length = 0;
  server.respond((response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '2' });
    response.write(begin);
    const write = () => {
      while (!response.destroyed && response.write(more)) sent += more.length;
      if (!response.destroyed) setImmediate(write);
    };
    if (more === '') response.end();
    else write();
  });
  return () => sent;
}

async function failure(wire: Wire, maxEventLength = 20_000): Promise<ProviderError> {
  try {
    await lastValueFrom(wire.create(server.url, { maxEventLength }).stream('Hi'));
  } catch (error) {
    return error as ProviderError;
  }
  throw new Error('it did not fail');
}

describe.each(wires)('the body of an error of $name', (wire) => {
  it.each([
    ['JSON', '{"error":{"message":"', 'x'.repeat(1_000)],
    ['a page', '<html>', 'x'.repeat(1_000)],
  ])('is read to the limit where it has no end: %s', async (_, begin, more) => {
    const sent = refuse(begin, more);
    const error = await failure(wire);
    await server.requests[0]?.closed;

    expect(error).toMatchObject({ name: 'ProviderError', status: 503, retryable: true, retryAfter: 2_000 });
    expect(error.message.length).toBeLessThan(2_000);
    expect(sent()).toBeLessThan(20_000_000);
  });

  it('is read where it is as long as it may be', async () => {
    refuse(JSON.stringify({ error: { message: 'busy', type: 'x'.repeat(50) } }), '');

    expect(await failure(wire, 100)).toMatchObject({
      status: 503,
      message: expect.stringMatching(/answered 503: busy$/) as unknown,
    });
  });

  it.each(['error', 'detail'])('may be of any depth: %s', async (name) => {
    refuse(`${`{"${name}":`.repeat(100_000)}1${'}'.repeat(100_000)}`, '');

    // The other SDKs give up on it, and tell neither status nor words.
    expect(await failure(wire, 10_000_000)).toMatchObject({
      name: 'ProviderError',
      ...(wire.name === 'ollama' && { status: 503 }),
    });
  });
});
