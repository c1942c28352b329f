import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxllm-'));
});

afterAll(() => rm(folder, { recursive: true }));

describe('npm run example -- session', { timeout: 30_000 }, () => {
  it('remembers what was said before it was started again', async () => {
    const args = ['--folder', folder];
    const first = await runExample('session.ts', { args, input: 'I am Ada\nI like tea\n' });
    expect(first).toMatchObject({
      stdout:
        'You say “I am Ada”. That is the first thing I hear.\nYou say “I like tea”. Before that: “I am Ada”.\n',
      code: 0,
    });

    const second = await runExample('session.ts', { args, input: 'Who am I?\n\nnot read any more' });
    expect(second).toMatchObject({
      stdout: 'You say “Who am I?”. Before that: “I am Ada”, “I like tea”.\n',
      code: 0,
    });
    expect(second.stderr).toMatch(/^user: I am Ada\nassistant: You say “I am Ada”.*\nuser: I like tea\n/);
  });

  it('keeps conversations apart', async () => {
    const args = ['--folder', folder, '--id', 'other'];
    const { stdout } = await runExample('session.ts', { args, input: 'Hello\n' });

    expect(stdout).toBe('You say “Hello”. That is the first thing I hear.\n');
  });

  it('ends at Ctrl-C', async () => {
    const { stdout, stderr, code } = await runExample('session.ts', {
      args: ['--folder', folder],
      interruptAt: '> ',
    });

    expect({ stdout, code }).toEqual({ stdout: '', code: 130 });
    expect(stderr).toMatch(/> \nInterrupted\.\n$/);
  });

  it('says what is wrong with a name', async () => {
    const { stdout, stderr, code } = await runExample('session.ts', { args: ['--id', '../chat'] });

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^error: The id of a session .* not "\.\.\/chat"\n$/);
  });
});
