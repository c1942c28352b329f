import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** Whether there is a Redis to test with. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Waits until something holds; longer than it takes on a busy machine. */
export function eventually<T>(body: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(body, { timeout: 10_000, interval: 20 });
}

/** A Redis of a test file's own, without persistence. */
export class RedisServer {
  #process: ChildProcess | undefined;
  #folder = '';
  port = 0;

  /** Starts it, on the same port when it is started again. */
  async start(): Promise<void> {
    this.port ||= await freePort();
    this.#folder ||= mkdtempSync(join(tmpdir(), 'redis-'));
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const process = spawn('redis-server', [...options, '--save', '', '--appendonly', 'no']);
    this.#process = process;
    for await (const text of process.stdout) if (/ready to accept/i.test(String(text))) break;
  }

  /** Kills it, and with it all that it has. */
  async kill(): Promise<void> {
    if (!this.#process) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
    this.#process = undefined;
  }

  async end(): Promise<void> {
    await this.kill();
    if (this.#folder) rmSync(this.#folder, { recursive: true });
  }
}

/** Starts a Redis for the tests of a file, and empties it after each. */
export function useRedis(): { readonly server: RedisServer; open: (options?: object) => Redis } {
  const server = new RedisServer();
  const clients: Redis[] = [];
  const open = (options: object = {}) => {
    const client = new Redis({ port: server.port, host: '127.0.0.1', ...options });
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    if (hasRedis) await server.start();
  });
  afterEach(async () => {
    if (hasRedis) await open().flushall();
    for (const client of clients.splice(0)) client.disconnect();
  });
  afterAll(() => server.end());
  return { server, open };
}

async function freePort(): Promise<number> {
  const socket = createServer().listen(0, '127.0.0.1');
  await once(socket, 'listening');
  const address = socket.address();
  socket.close();
  await once(socket, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
