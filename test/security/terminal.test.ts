import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openaiChatWire as wire } from '../providers/wires/openaiChat.ts';
import { openaiWire } from '../providers/wires/openai.ts';
import { startServer, type TestServer } from '../server.ts';

/** Renames the window, clears the screen, rings the bell, and begins something that never ends. */
const hostile = 'Hello\u001b]0;owned\u0007\u001b[2J\u0007\u009b31m\u001b[';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** What an example writes, whatever the environment says about colours. */
async function run(example: string): Promise<string> {
  const file = (path: string) => new URL(path, import.meta.url);
  const child = spawn(
    process.execPath,
    ['--import', file('../examples/sources.ts').href, file(`../../examples/${example}`).pathname],
    {
      env: {
        PATH: process.env['PATH'],
        OPENAI_API_KEY: 'key',
        ...(example !== 'azure.ts' && { OPENAI_BASE_URL: server.url }),
        AZURE_OPENAI_API_KEY: 'key',
        AZURE_OPENAI_ENDPOINT: server.url,
        AZURE_OPENAI_DEPLOYMENT: 'test-1',
        OPENAI_API_VERSION: 'preview',
        RXLLM_LIVE: '1',
        MODEL: 'openai/test-1',
      },
    },
  );
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return out + error;
}

function expectPlain(written: string): void {
  expect(written).not.toMatch(/[^\P{Cc}\n\t]/u);
}

describe('examples write no control sequences of a model', () => {
  it.each(['azure.ts', 'scenario.ts'])(
    'of its answer: %s',
    async (example) => {
      server.respond((response, { path }) => {
        const {
          opening,
          closing,
          text: write,
          frame,
          sentinel,
        } = path.includes('responses') ? openaiWire : wire;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end(
          [...opening, ...write(hostile), ...write(' world'), ...closing].map(frame).join('') + sentinel,
        );
      });
      const written = await run(example);

      expect(written).toContain('Hello');
      expectPlain(written);
    },
    30_000,
  );

  it.each(['azure.ts'])(
    'of its errors: %s',
    async (example) => {
      server.respond((response) =>
        response.writeHead(401).end(JSON.stringify({ error: { message: hostile } })),
      );
      const written = await run(example);

      expect(written).toContain('Hello');
      expectPlain(written);
    },
    30_000,
  );
});
