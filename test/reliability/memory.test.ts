import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../server.ts';
import { framed, opening } from './plays.ts';
import { wires } from '../providers/wires.ts';

let server: TestServer;
let collectGarbage: () => void;

beforeAll(async () => {
  server = await startServer();
  setFlagsFromString('--expose-gc');
  collectGarbage = runInNewContext('gc') as () => void;
});

afterAll(() => server.close());

describe.each(wires)('$name', (wire) => {
  it.each([
    ['ends without a finish', (): string => opening(wire), 'end'],
    ['tells of an error', (): string => opening(wire) + framed(wire, [wire.errorEvent]), 'stay'],
    ['is cut', (): string => opening(wire), 'destroy'],
  ])('leaves nothing of a stream that %s', async (_, body, then) => {
    const bodies: WeakRef<object>[] = [];
    server.respond((response) => {
      response.writeHead(200, { 'content-type': wire.contentType }).write(body(), () => {
        if (then === 'end') response.end();
        if (then === 'destroy') setTimeout(() => response.socket?.destroy(), 5);
      });
    });
    const settings = {
      fetch: async (url: string, init?: RequestInit) => {
        const response = await fetch(url, init);
        if (response.body) bodies.push(new WeakRef(response.body));
        return response;
      },
    };
    const model = wire.create(server.url, settings as never);
    const fail = () =>
      new Promise<void>((resolve) => {
        model.stream('Hi').subscribe({ error: () => resolve() });
      });
    for (let count = 0; count < 10; count++) await fail();

    const kept = () => bodies.filter((reference) => reference.deref() !== undefined).length;
    for (let turn = 0; turn < 40 && kept() > 0; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      collectGarbage();
    }
    // The latest may still stand on a pooled connection.
    expect(bodies).toHaveLength(10);
    expect(kept()).toBeLessThanOrEqual(2);
  });
});
