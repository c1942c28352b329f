import { globSync, readFileSync } from 'node:fs';
import { format } from 'node:util';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { play } from './fixtures.ts';

/**
 * Checks a migration guide: it shows the snippets of its folder and no other code, and the two of each pair, run against
 * the same server, print what `prints` says. Pairs that are tests of their own (`.test.ts`) are run by vitest itself.
 */
export function describeGuide(name: string, prints: Readonly<Record<string, string>>): void {
  const folder = new URL(`../snippets/migrate/${name}/`, import.meta.url);
  const files = globSync('*.{before,after}{,.test}.ts', { cwd: folder }).sort(inOrder);
  const mock = new LLMock({ port: 0, chunkSize: 4 });

  beforeAll(async () => {
    play(mock);
    const url = await mock.start();
    vi.stubEnv('OPENAI_BASE_URL', `${url}/v1`);
    vi.stubEnv('OPENAI_API_KEY', 'none');
    vi.stubEnv('ANTHROPIC_BASE_URL', url);
    vi.stubEnv('ANTHROPIC_API_KEY', 'none');
    vi.stubEnv('OLLAMA_HOST', url);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await mock.stop();
  });

  describe(`docs/migrate/${name}.md`, () => {
    it('shows the code that runs here, and no other', () => {
      const page = readFileSync(new URL(`../../../docs/migrate/${name}.md`, import.meta.url), 'utf8');
      const blocks = [...page.matchAll(/```(?:ts|js|tsx|jsx|typescript|javascript)\n(.*?)```/gs)].map(
        ([, code]) => code,
      );

      expect(blocks).toEqual(files.map((file) => readFileSync(new URL(file, folder), 'utf8')));
    });

    it('has two snippets of each task', () => {
      const programs = files.filter((file) => !file.endsWith('.test.ts'));

      expect(programs).toEqual(
        Object.keys(prints).flatMap((task) => [`${task}.before.ts`, `${task}.after.ts`]),
      );
    });

    it.each(Object.entries(prints))('%s: before and after do the same', async (task, expected) => {
      await expectToPrint(new URL(`${task}.before.ts`, folder), expected);
      // The after meets the same failures as the before.
      mock.resetMatchCounts();
      await expectToPrint(new URL(`${task}.after.ts`, folder), expected);
    });
  });
}

/** By number; the way it was comes first. */
function inOrder(one: string, other: string): number {
  const [oneTask = '', otherTask = ''] = [one.split('.')[0], other.split('.')[0]];
  return oneTask === otherTask ? (one.includes('.before.') ? -1 : 1) : oneTask < otherTask ? -1 : 1;
}

/** Runs a snippet and waits until it has printed that. */
async function expectToPrint(snippet: URL, expected: string): Promise<void> {
  let printed = '';
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => {
    printed += `${format(...values)}\n`;
  });
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    await import(/* @vite-ignore */ snippet.href);
    await vi.waitFor(() => expect(printed.replace(/ +/g, ' ').trim()).toBe(expected), {
      timeout: 2_000,
      interval: 5,
    });
  } finally {
    log.mockRestore();
    write.mockRestore();
  }
}
