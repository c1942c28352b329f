import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

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
      env: { ...process.env, OPENAI_API_KEY: '' },
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
  it('shows the answers of all models, and that of one that fails', async () => {
    const { stdout, stderr, code } = await compare([]);

    expect(code).toBe(1);
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

  it('says in one line which key is missing', async () => {
    const { stderr, code } = await compare(['Hello', 'openai/gpt-5-mini']);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: .*OPENAI_API_KEY.*\n$/);
  });
});
