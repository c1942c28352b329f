import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { place, useNewFolder } from './stores.ts';

const program = new URL('sessionProgram.ts', import.meta.url).pathname;

/** Runs the program, kills it once it has written so many lines of a word, and gives what it wrote. */
function run(args: readonly string[], killAt = { word: '', count: Infinity }): Promise<Ended> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args]);
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.split('\n').filter((line) => line === killAt.word).length >= killAt.count)
      child.kill('SIGKILL');
  });
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ stdout, stderr, code, signal })),
  );
}

/** What a program has written, and how it ended. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | null;
}

describe.each(['fileStore', 'sqliteStore'])('a session in a %s whose program is killed', (kind) => {
  useNewFolder();

  it(
    'has what was said, marks what was answered, and goes on in another program',
    { timeout: 30_000 },
    async () => {
      const path = join(place.folder, 'chats');

      const killed = await run([kind, path, 'stream'], { word: 'pieces', count: 2 });
      expect(killed.signal).toBe('SIGKILL');
      expect(killed.stdout.split('\n').slice(0, 4)).toEqual(['session', 'send', 'pieces', 'pieces']);

      const { stdout, stderr, code } = await run([kind, path, 'resume']);
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      const { messages, asked, listed } = JSON.parse(stdout) as Record<'messages' | 'listed', unknown> & {
        asked: string;
      };
      expect(messages).toEqual([
        { role: 'user', content: 'How is the weather?' },
        {
          role: 'assistant',
          partial: true,
          content: [
            { type: 'text', text: 'I look it up.' },
            {
              type: 'tool-call-invalid',
              toolCallId: 'call_0',
              toolName: 'weather',
              argumentsText: expect.stringMatching(/^\[+$/) as string,
              reason: 'incomplete',
            },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'call_0',
              toolName: 'weather',
              isError: true,
              result: 'The tool was not run: its arguments were cut off before they were complete.',
            },
          ],
        },
      ]);
      expect(JSON.parse(asked)).toHaveLength(4);
      expect(JSON.parse(asked)).toMatchObject([{}, {}, {}, { role: 'user', content: 'Go on' }]);
      expect(listed).toMatchObject([{ id: 'a', messageCount: 5 }]);
    },
  );
});
