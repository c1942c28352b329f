import { LLMock } from '@copilotkit/aimock';
import { createServer, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to the model, as its server sees it. */
export interface ModelCall {
  /** When the socket was closed from the other side before the answer was whole; `Date.now()`. */
  abortedAt?: number;
}

/** A server that plays the model, and tells who has asked and who has left. */
export interface ModelServer {
  readonly mock: LLMock;
  readonly url: string;
  readonly calls: readonly ModelCall[];
  reset(): void;
  close(): Promise<void>;
}

/** Starts the server, behind another one that watches its sockets. */
export async function startModelServer(): Promise<ModelServer> {
  const mock = new LLMock({ port: 0, chunkSize: 6 });
  const target = await mock.start();
  let calls: ModelCall[] = [];

  const watch = createServer((request, response) => {
    const call: ModelCall = {};
    calls.push(call);
    const passed = send(`${target}${request.url ?? ''}`, {
      method: request.method,
      headers: request.headers,
    });
    passed.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (data: Buffer) => response.write(data));
      answer.on('end', () => response.end());
      answer.on('error', () => response.destroy());
    });
    passed.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableEnded && !passed.destroyed) call.abortedAt = Date.now();
      passed.destroy();
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => watch.listen(0, '127.0.0.1', resolve));

  return {
    mock,
    url: `http://127.0.0.1:${(watch.address() as AddressInfo).port}/v1`,
    get calls() {
      return calls;
    },
    reset: () => {
      mock.clearFixtures();
      mock.resetMatchCounts();
      calls = [];
    },
    close: async () => {
      watch.closeAllConnections();
      watch.close();
      await mock.stop();
    },
  };
}
