import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../server.ts';

const root = new URL('../../', import.meta.url);

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** Runs the example over the sources, and tells what it has written and how it ended. */
function compare(
  args: readonly string[],
  onStart: (pid: ReturnType<typeof spawn>) => void = () => undefined,
) {
  const child = spawn(
    process.execPath,
    ['--import', './test/examples/sources.ts', 'examples/compare.ts', ...args],
    {
      cwd: root,
      env: { ...process.env, OPENAI_API_KEY: '', OLLAMA_HOST: server.url },
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  onStart(child);
  return new Promise<{ stdout: string; stderr: string; code: number | null }>((resolve) =>
    child.on('close', (code) => resolve({ stdout, stderr, code })),
  );
}

describe('examples/compare.ts', { timeout: 30_000 }, () => {
  it('shows the answers of all models, and that of one that is to fail', async () => {
    const { stdout, stderr, code } = await compare([]);

    expect(code).toBe(0);
    expect(stdout).toBe(
      [
        'quick\nBecause nothing stops them: a ball touches the ground in one point.',
        'thoughtful\nA slope pulls them down, and being round they turn rather than slide.',
        'broken\nThe stream broke off',
        '',
      ].join('\n\n'),
    );
    expect(stderr).toMatch(/^Why do marbles roll\?\n/);
    expect(stderr).toMatch(/^thoughtful +demo/m);
  });

  it('keeps what had come when interrupted', async () => {
    const { stdout, code } = await compare([], (child) => {
      child.stderr?.once('data', () => setTimeout(() => child.kill('SIGINT'), 200));
    });

    expect(code).toBe(130);
    expect(stdout).toContain('quick\nBecause');
  });

  it('ends with 1 when a model that was asked for fails', async () => {
    server.respond((response) => response.writeHead(404).end('{"error":"there is no such model"}'));
    const { stdout, code } = await compare(['Hello', 'ollama/test-1']);

    expect(code).toBe(1);
    expect(stdout).toBe('ollama\nollama answered 404: there is no such model\n\n');
  });

  it('takes no prompt without models, since those of the demo have only one thing to say', async () => {
    const { stdout, stderr, code } = await compare(['Hello']);

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^error: .*\n$/);
  });

  it('says in one line which key is missing', async () => {
    const { stderr, code } = await compare(['Hello', 'openai/gpt-5-mini']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*OPENAI_API_KEY.*\n$/);
  });
});
