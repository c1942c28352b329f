import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasTerminals, Terminal, type TerminalOptions } from './chat/terminal.ts';

const rows = Array.from({ length: 40 }, (_, index) => `| ${index + 1} | cell ${index + 1} |`);
const items = Array.from({ length: 50 }, (_, index) => `${index + 1}. item number ${index + 1}`);
const code = Array.from({ length: 60 }, (_, index) => `const line${index + 1} = ${index + 1};`);
/** Longer than any terminal here, and so is each of its blocks. */
const long = [
  '# A **long** answer',
  ['```ts', ...code, '```'].join('\n'),
  items.join('\n'),
  ['| number | cell |', '|---|---|', ...rows].join('\n'),
  'word '.repeat(600).trim(),
  'The end.',
].join('\n\n');

if (!hasTerminals) console.warn('The terminal chat is not tested: there is no `script` of util-linux here.');

describe.runIf(hasTerminals)('npm run example -- chat, in a terminal', { timeout: 60_000 }, () => {
  const server = new LLMock({ port: 0, chunkSize: 12 });
  const quick = { streamingProfile: { ttft: 0, tps: 400 } };
  const slow = { streamingProfile: { ttft: 0, tps: 20 } };
  let folder: string;
  let env: Record<string, string>;
  let terminal: Terminal;

  beforeAll(async () => {
    server.on({ userMessage: 'long' }, { content: long }, quick);
    server.on({ userMessage: 'slow' }, { content: 'A **slow** start. ' + 'word '.repeat(2_000) }, slow);
    server.on({ userMessage: 'think' }, { reasoning: 'one thought\n\nand another', content: 'Done.' }, quick);
    server.on(
      { userMessage: 'cut' },
      { content: 'word '.repeat(400) },
      { truncateAfterChunks: 9, latency: 5 },
    );
    server.on({ userMessage: 'evil' }, { content: '\u001b[2J\u001b]0;title\u0007*red*\u001b[31m!' }, quick);
    server.on(
      { userMessage: 'resize' },
      { content: 'word '.repeat(300) + '\n\nThe end.' },
      { streamingProfile: { ttft: 0, tps: 40 } },
    );
    const url = await server.start();
    env = { OPENAI_API_KEY: 'none is needed', OPENAI_BASE_URL: `${url}/v1` };
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chat-'));
  });
  afterEach(async () => {
    terminal.close();
    await rm(folder, { recursive: true });
  });

  /** A chat with the server, or with the model that is played. */
  async function open({
    args = [],
    ...options
  }: TerminalOptions & { readonly isPlayed?: boolean } = {}): Promise<Terminal> {
    const model = options.isPlayed ? [] : ['--model', 'openai/gpt-5-mini'];
    const store = join(folder, 'new', 'chats.db');
    terminal = new Terminal({
      ...options,
      args: [...model, '--store', store, ...args],
      env: { ...env, HOME: folder },
      cwd: folder,
    });
    if (options.redirection?.startsWith('<') !== true) await terminal.see(/^>$/m);
    return terminal;
  }

  const count = (text: string, words: RegExp) => [...text.matchAll(new RegExp(words, 'gm'))].length;
  const seeWords = (least: number) =>
    vi.waitFor(async () => expect(count(await terminal.text(), /\bword\b/)).toBeGreaterThan(least), 20_000);
  const prompt = /tokens\/s · [\d.]+ s\n\n>$/;

  it('draws markdown, once, however long it is', async () => {
    const { see, type } = bound(await open());
    type('something long\r');
    const text = await see(prompt);

    expect(text).toContain('\nA long answer\n');
    expect(text).not.toMatch(/```|\*\*|\|---/);
    for (const at of [1, 7, 23, 24, 25, 40]) {
      expect(count(text, new RegExp(`^  const line${at} = ${at};$`))).toBe(1);
      expect(count(text, new RegExp(`^${at}\\. item number ${at}$`))).toBe(1);
      expect(count(text, new RegExp(`^${at} +│ cell ${at}$`))).toBe(1);
    }
    expect(count(text, /\bword\b/)).toBe(600);
    expect(count(text, /^The end\.$/)).toBe(1);
    expect(text.indexOf('line60 = 60')).toBeLessThan(text.indexOf('item number 1\n'));
    expect(text).toMatch(/\n\n\d+ tokens in · \d+ out · \$[\d.]+ · \d+ tokens\/s · [\d.]+ s\n\n>$/);
    expect(text).not.toContain('Ctrl-C stops');
  });

  it('stops an answer at Ctrl-C and keeps what has come, and leaves at the second one', async () => {
    const { see, type } = bound(await open());
    type('a slow one\r');
    await see(/A slow start\. word[^]*Ctrl-C stops$/);
    type('\u0003');
    const stopped = await see(/■ Stopped\. What has come is kept\.\n\n.*\n\n>$/);
    type('\u0003');

    expect(await terminal.code()).toBe(0);
    expect(count(stopped, /A slow start\./)).toBe(1);
    const left = await terminal.text();
    const [, id = ''] = /\nGo on with: npm run example -- chat --session (\w+) --store/.exec(left) ?? [];

    const again = bound(await open({ args: ['--session', id] }));
    const resumed = await again.see(/cut off here\.\n\n>$/);
    expect(resumed).toMatch(/^> a slow one\n\nA slow start\. word/m);
    again.type('\u001b[A');
    await again.see(/> a slow one$/);
    again.type('\u0015\u0004');
    expect(await terminal.code()).toBe(0);
  });

  it('goes on with a conversation, which the model remembers', async () => {
    const { see, type } = bound(await open({ isPlayed: true }));
    type('I am Ada\r');
    const first = await see(prompt);
    type('/exit\r');
    expect(await terminal.code()).toBe(0);
    const [, id = ''] = /--session (\w+)/.exec(await terminal.text()) ?? [];

    const again = bound(await open({ isPlayed: true, args: ['--session', id] }));
    const earlier = await again.text();
    const answer = /✻ Nothing[^]*--model\./.exec(first)?.[0] ?? 'nothing';
    expect(earlier).toContain(`> I am Ada\n${answer}`);

    again.type('Who am I?\r');
    expect(await again.see(prompt)).toContain('Before that: “I am Ada”.');
    again.type('/list\r');
    expect(await again.see(/messages {2}I am Ada\n>$/)).toContain(`${id}  `);
  });

  it('shows what a tool does while it does it, and thinking on one line', async () => {
    const { see, type } = bound(await open({ isPlayed: true }));
    type('How is the weather?\r');
    await see(/^[⠀-⣿] weather \{"city":"Bern"\} · (looking for|asking the|reading) .*$/m);
    const text = await see(prompt);

    expect(text).toMatch(/^✻ The answer depends on the weather, so I look it up first\.$/m);
    expect(text).toMatch(/^✔ weather \{"city":"Bern"\} [\d.]+ s → \{"celsius":-2,"sky":"light snow"\}$/m);
    expect(text).toMatch(/^12:00 │ {2}0 │ clouds$/m);
    expect(text).not.toMatch(/[⠁-⣿]|asking/);
  });

  it('asks before a tool writes: no, yes, and always', async () => {
    const { see, type } = bound(await open({ isPlayed: true }));
    type('write it down\r');
    await see(/I write it down\.\nwrite_file \{.*\}\nallow it\? yes, no, edit or always:$/);
    type('n\r');
    await see(/✖ write_file [^]*Then I leave it\.[^]*\n>$/);
    expect(await readdir(folder)).toEqual(['new']);

    type('write it down now\r');
    await see(/down now[^]*always:$/);
    type('always\r');
    await see(/✔ write_file [^]*It is written\.[^]*\n>$/);
    expect(await readdir(folder)).toContain('note.md');

    type('write again\r');
    const text = await see(/write again[^]*It is written\.[^]*\n>$/);
    expect(count(text, /allow it\?/)).toBe(2);
  });

  it('takes the question back at Ctrl-C', async () => {
    const { see, type } = bound(await open({ isPlayed: true }));
    type('write it down\r');
    await see(/always:$/);
    type('ye\u0003');

    expect(await see(/■ Stopped\. [^]*\n>$/)).toMatch(/✖ write_file .*\n■ Stopped\./);
    expect(await readdir(folder)).toEqual(['new']);
  });

  it('shows thinking in full where it is asked to', async () => {
    const { see, type } = bound(await open({ args: ['--thinking'] }));
    type('think\r');

    expect(await see(prompt)).toContain('\none thought\n\nand another\n\nDone.\n');
  });

  it('keeps what had come when the connection breaks, says so on one line, and goes on', async () => {
    const { see, type } = bound(await open());
    type('cut\r');
    const text = await see(/is kept\.[^]*\n>$/);
    expect(text).toMatch(/\nword word[^]*\n\n✖ openai broke off its answer.*\n■ What has come is kept\.\n/);

    type('think\r');
    await see(/Done\.[^]*\n>$/);
  });

  it('takes back what the model has said nothing to, so that it can be said again', async () => {
    const { see, type } = bound(await open());
    type('nobody answers this\r');
    const text = await see(/brings it back\.[^]*\n>$/);
    expect(text).toMatch(/> nobody answers this\n✖ .*\n■ It was not kept: the up arrow brings it back\.\n/);

    type('\u001b[A');
    await see(/> nobody answers this$/);
  });

  it('obeys no control sequence of the model', async () => {
    const { see, type } = bound(await open());
    type('evil\r');

    expect(await see(prompt)).toMatch(/\/help tells [^]*> evil\n\nred!\n/);
    expect(terminal.raw).not.toContain('\u001b]0;');
    expect(terminal.raw).not.toContain('\u001b[2J');
  });

  it('draws nothing twice when the terminal becomes narrower and wider', async () => {
    const { see, type } = bound(await open());
    type('resize\r');
    await seeWords(40);
    terminal.resize(50, 24);
    await seeWords(90);
    terminal.resize(100, 30);
    const text = await see(prompt);

    expect(count(text, /\bword\b/)).toBe(300);
    expect(count(text, /The end\./)).toBe(1);
    expect(text).not.toContain('Ctrl-C stops');
  });

  it('keeps what is typed during an answer for the next question', async () => {
    const { see, type } = bound(await open());
    type('resize\r');
    await see(/word word/);
    type('think about it');
    const text = await see(/The end\.[^]*> think about it$/);

    expect(count(text, /think/)).toBe(1);
  });

  it('takes several lines that are pasted for one message, and brings them back', async () => {
    const { see, type } = bound(await open({ isPlayed: true }));
    type('Look: \u001b[200~one\rtwo\u0003');
    type('\r\n\u001b[201~three');
    await see(/> Look: one⏎two⏎three$/);
    type('\r');
    const text = await see(prompt);
    expect(text).toContain('You say “Look: one\ntwo\nthree”, and it is the first thing I hear.');

    type('\u001b[A');
    await see(/> Look: one⏎two⏎three$/);
  });

  it('draws the answer to a question from a pipe', async () => {
    const question = join(folder, 'question.txt');
    await writeFile(question, 'something long\n');
    await open({ redirection: `< ${question}` });

    expect(await terminal.code()).toBe(0);
    const text = await terminal.text();
    expect(text).toMatch(/^\nA long answer\n/);
    expect(count(text, /^50\. item number 50$/)).toBe(1);
  });

  it('writes the markdown of all answers to a file', async () => {
    const file = join(folder, 'answer.md');
    const { see, type } = bound(await open({ redirection: `> ${file}` }));
    type('think\r');
    await see(/think\n.* s\n>$/);
    type('evil\r');
    await see(/evil\n.* s\n>$/);

    expect(await readFile(file, 'utf8')).toBe('Done.\n\n*red*!\n');
  });

  it('knows a few commands', async () => {
    const { see, type } = bound(await open());
    type('/what\r');
    await see(/There is no \/what\. \/new begins [^]*\n>$/);
    type('/list\r');
    await see(/There is no conversation yet\.\n>$/);
    type('/exit\r');

    expect(await terminal.code()).toBe(0);
    expect(await terminal.text()).not.toContain('Go on with');
  });
});

function bound(terminal: Terminal) {
  return {
    see: (expected: RegExp) => terminal.see(expected),
    type: (keys: string) => terminal.type(keys),
    text: () => terminal.text(),
  };
}
