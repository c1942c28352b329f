import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

describe('npm run example -- chat, in a pipe', { timeout: 60_000 }, () => {
  let folder: string;
  let store: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-'));
    store = join(folder, 'chats.db');
    await writeFile(join(folder, 'no.db'), 'This is no database.');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (input: string, ...args: readonly string[]) =>
    runExample('chat/main.ts', { input, args: ['--store', store, ...args] });

  it('writes the markdown of the answer, and nothing else, to the standard output', async () => {
    const { stdout, stderr, code } = await run('How is the\nweather?\n');

    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Let me look outside\.\n\nIt is \*\*cold\*\* in Bern[^]*only the wrong clothes\.\n$/,
    );
    expect(stdout).toContain('\n| 09:00 |  -2 | light snow |\n');
    expect(stdout).not.toContain('\u001b');
    expect(stderr).toMatch(
      /^calls weather .*\nweather answered: .*\n\d+ tokens in · \d+ out · .* s\nGo on with: .* --session \w+ --store .*\n$/,
    );
  });

  it('goes on with a conversation, and lists it', async () => {
    const { stderr } = await run('I am\nAda\n');
    const [, id = ''] = /--session (\w+)/.exec(stderr) ?? [];
    const { stdout } = await run('Who am I?', '--session', id, '--thinking');

    expect(stdout).toContain('You say “Who am I?”. Before that: “I am\nAda”.');
    const list = await run('', '--list');
    expect(list.stdout).toMatch(new RegExp(`^${id}  .* 4 messages  I am Ada$`, 'm'));
    expect(list.stderr).toBe('');
  });

  it('writes thinking to the standard error output where it is asked to', async () => {
    const { stdout, stderr } = await run('Hello', '--thinking');

    expect(stderr).toMatch(/^Nothing to look up here\.\n/);
    expect(stdout).not.toContain('look up');
  });

  it('does not write where nobody can be asked', async () => {
    const { stdout, stderr } = await run('write it down');

    expect(stdout).toBe('I write it down.\n\nThen I leave it.\n');
    expect(stderr).toMatch(/^write_file failed: .*Nobody was there/m);
  });

  it('keeps what had come and exits with 130 when interrupted', async () => {
    const { stdout, stderr, code } = await runExample('chat/main.ts', {
      input: 'How is the weather?',
      args: ['--store', store],
      interruptAt: 'calls weather',
    });

    expect({ stdout, code }).toEqual({ stdout: 'Let me look outside.\n', code: 130 });
    expect(stderr).toMatch(/\nGo on with: .*\n$/);
  });

  it.for([
    [['--session', 'nobody'], 'there is no conversation nobody'],
    [['--store', 'FOLDER'], 'unable to open database file'],
    [['--store', 'FOLDER/no.db'], 'file is not a database'],
    [['--store', 'FOLDER/no.db/chats.db'], 'cannot be opened'],
    [['--model', 'gpt-5'], 'the name must be provider/model'],
    [['--model', 'openai/gpt-5'], 'OPENAI_API_KEY'],
    [['--modell', 'gpt-5'], "unknown option '--modell'"],
    [['Hello'], 'too many arguments'],
  ] as const)('says in one line what is wrong with %j', async ([args, words]) => {
    const { stdout, stderr, code } = await run('Hello', ...args.map((arg) => arg.replace('FOLDER', folder)));

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(words);
  });

  it('says in one line that nothing was asked', async () => {
    const { stderr, code } = await run(' \n');

    expect({ stderr, code }).toEqual({
      stderr: 'error: nothing was asked: the standard input is empty\n',
      code: 1,
    });
  });
});
