import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

describe('an example', { timeout: 60_000 }, () => {
  it.each(['joke.ts', 'azure.ts', 'mcp.ts', 'chunkBatches.ts', 'scenario.ts', 'compare.ts', 'session.ts'])(
    'says in one line that it does not know an option: %s',
    async (file) => {
      const ended = await runExample(file, { args: ['--bogus'] });

      expect(ended).toEqual({ stdout: '', stderr: "error: unknown option '--bogus'\n", code: 1 });
    },
  );

  it.each([
    ['joke.ts', {}, /OPENAI_API_KEY/],
    ['azure.ts', {}, /AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_API_KEY, AZURE_OPENAI_DEPLOYMENT/],
    ['chunkBatches.ts', { MODEL: 'groq/llama' }, /GROQ_API_KEY/],
    ['scenario.ts', { RXLLM_LIVE: '1' }, /OPENAI_API_KEY/],
  ])('says in one line which key is missing, and ends with 1: %s', async (file, env, key) => {
    const { stdout, stderr, code } = await runExample(file, { env });

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(key);
    expect(stderr).toMatch(/^.+\n$/);
  });

  it.each(['chunkBatches.ts', 'mcp.ts', 'toolAgent.ts'])(
    'ends well when its reader leaves early: %s',
    async (file) => {
      const path = (name: string) => new URL(name, import.meta.url).pathname;
      const child = spawn(
        process.execPath,
        ['--import', path('sources.ts'), path(`../../examples/${file}`)],
        { env: { PATH: process.env['PATH'] } },
      );
      child.stdout.once('data', () => child.stdout.destroy());
      const [stderr, [code]] = await Promise.all([
        text(child.stderr),
        once(child, 'close') as Promise<[number]>,
      ]);

      expect(code).toBe(0);
      expect(stderr).not.toContain('EPIPE');
    },
  );
});

describe('npm run example', { timeout: 30_000 }, () => {
  it('lists the examples, each with what it shows', async () => {
    const { stdout, code } = await runExample('run.ts');
    const lines = stdout.split('\n\n')[0]?.split('\n') ?? [];

    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThan(15);
    for (const line of lines) expect(line).toMatch(/^ {2}\w+ +[A-Z].{30,}\.$/);
  });

  it('says what there is when there is no such example', async () => {
    const { stdout, stderr, code } = await runExample('run.ts', { args: ['jok'] });

    expect(stderr).toMatch(/^There is no example jok\./);
    expect(stdout).toMatch(/^ {2}joke /m);
    expect(code).toBe(1);
  });
});
