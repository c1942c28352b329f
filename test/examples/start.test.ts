import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { LLMock } from '@copilotkit/aimock';
import { from } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { printable, toPrintable } from '../../examples/start/printable.ts';

/** What a program has written, and how it ended. */
interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

const root = new URL('../../', import.meta.url);
const escape = '\u001b';

/** Runs `npm start -- …args` over the sources, with only these variables for providers. */
function start(args: readonly string[] = [], variables: Readonly<Record<string, string>> = {}) {
  const {
    OPENAI_API_KEY: _,
    ANTHROPIC_API_KEY: __,
    OLLAMA_HOST: ___,
    OPENAI_BASE_URL: ____,
    ...env
  } = process.env;
  const program = ['--import', './test/examples/sources.ts', 'examples/start/main.ts'];
  return spawn(process.execPath, [...program, ...args], { cwd: root, env: { ...env, ...variables } });
}

function ending(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ stdout, stderr, code })));
}

describe.concurrent('npm start', { timeout: 30_000 }, () => {
  it('writes the four answers, and nothing else, to the standard output', async ({ expect }) => {
    const { stdout, stderr, code } = await ending(start());

    expect(code).toBe(0);
    const blocks = stdout.split(/^(openai|openai-chat|anthropic|ollama)\n/m).slice(1);
    expect(blocks.filter((_, index) => index % 2 === 0)).toEqual([
      'openai',
      'openai-chat',
      'anthropic',
      'ollama',
    ]);
    const answers = blocks.filter((_, index) => index % 2 === 1);
    for (const answer of answers) expect(answer).toMatch(/coat|warm/);
    expect(answers[2]).toMatch(/^You do![^]*another layer\.\n\n$/);
    expect(stdout).not.toContain('think');

    expect(stderr).toMatch(/^anthropic: .*; attempt 2 of 3$/m);
    expect(stderr).toMatch(/^ollama: weather answered: {"celsius":-2/m);
    expect(stderr).toMatch(/^anthropic +claude-sonnet-5-5 .* 220 /m);
    expect(stderr).not.toContain(escape);
  });

  it('keeps what had come and exits with 130 when interrupted', async ({ expect }) => {
    const child = start();
    const ended = ending(child);
    child.stderr.on('data', (text: string) => {
      if (text.includes('attempt 2')) child.kill('SIGINT');
    });
    const { stdout, stderr, code } = await ended;

    expect(code).toBe(130);
    expect(stdout).toContain('openai-chat\nYes. Bern has');
    expect(stderr).toMatch(/^Interrupted\.$/m);
  });
});

describe.concurrent('npm start -- "prompt"', { timeout: 30_000 }, () => {
  const mock = new LLMock({ port: 0, chunkSize: 3 });
  const variables = { OPENAI_BASE_URL: '' };

  beforeAll(async () => {
    mock.on(
      { userMessage: 'colours' },
      { content: `${escape}[31mred${escape}[0m and ${escape}]0;title\u0007plain` },
    );
    mock.on(
      { userMessage: 'story' },
      { content: 'word '.repeat(400) },
      { streamingProfile: { ttft: 0, tps: 50 } },
    );
    mock.on(
      { userMessage: 'cut' },
      { content: 'word '.repeat(400) },
      { truncateAfterChunks: 9, latency: 20 },
    );
    variables.OPENAI_BASE_URL = `${await mock.start()}/v1`;
  });
  afterAll(() => mock.stop());

  it('says in one line which keys there could be when there is none', async ({ expect }) => {
    const { stdout, stderr, code } = await ending(start(['Hello']));

    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^error: .*OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_HOST or OPENAI_BASE_URL.*\n$/,
    );
  });

  it.for([
    [['Hello', '--provider', 'openai'], 'OPENAI_API_KEY'],
    [['Hello', '--provider', 'other'], 'openai, openai-chat, anthropic, ollama'],
    [['Hello', '--modell', 'x'], '--provider, --model and --help'],
    [['--provider', 'ollama'], 'need a prompt'],
    [[' '], 'prompt is empty'],
  ] as const)('says in one line what is wrong with %j', async ([args, words], { expect }) => {
    const { stdout, stderr, code } = await ending(start(args));

    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(words);
  });

  it('prints the answer without control sequences, however they were cut', async ({ expect }) => {
    const { stdout, stderr, code } = await ending(start(['Some', 'colours'], variables));

    expect(code).toBe(0);
    expect(stdout).toBe('red and plain\n');
    expect(stderr).toMatch(/^openai-chat +gpt-4.1-mini/m);
  });

  it('keeps the partial answer and exits with 1 when the connection breaks', async ({ expect }) => {
    const { stdout, stderr, code } = await ending(start(['cut'], variables));

    expect(code).toBe(1);
    expect(stdout).toMatch(/^(word )+/);
    expect(stderr).toMatch(/^error: openai broke off its answer.*\n$/);
  });

  it('keeps the partial answer and exits with 130 when interrupted', async ({ expect }) => {
    const child = start(['A story'], variables);
    const ended = ending(child);
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { stdout, stderr, code } = await ended;

    expect(code).toBe(130);
    expect(stdout).toMatch(/^wor[\w ]*\n$/);
    expect(stdout.length).toBeLessThan(500);
    expect(stderr).toMatch(/^Interrupted\.$/m);
  });
});

describe('printable', () => {
  it.each([
    ['colours', `a${escape}[1;31mred${escape}[0m b`, 'ared b'],
    ['a title', `a${escape}]0;a title\u0007b`, 'ab'],
    ['a link', `a${escape}]8;;https://example.org/${escape}\\link${escape}]8;;${escape}\\b`, 'alinkb'],
    ['an image and short sequences', `a${escape}Pq#0;2;0${escape}\\b${escape}c${escape}(Bc${escape}7`, 'abc'],
    ['sequences of one character less', 'a\u009b31mb\u009d0;title\u009cc', 'abc'],
    ['other control characters', 'a\r\nb\tc\u0000\u0007\u0008\u007f\u0085d', 'a\nb\tcd'],
    ['a sequence without end', `a${escape}[3`, 'a'],
    ['a title without end', `a${escape}]0;no end\nb`, 'a0;no end\nb'],
    ['a sequence in a sequence', `a${escape}${escape}[2Jb${escape}\u0001c`, 'abc'],
    ['a title that is too long', `a${escape}]0;${'x'.repeat(1500)}\u0007b`, `a0;${'x'.repeat(1500)}b`],
    ['text of many scripts', 'grüezi 👋🏽 −2 °C ❄️', 'grüezi 👋🏽 −2 °C ❄️'],
  ])('leaves no controls of %s, wherever it is cut', (_, text, expected) => {
    expect(toPrintable(text)).toBe(expected);

    for (let at = 0; at <= text.length; at++) {
      expect(inPieces([text.slice(0, at), text.slice(at)])).toBe(expected);
    }
    expect(inPieces(text.split(''))).toBe(expected);
  });

  it('holds back no more than what may still become a sequence', () => {
    const seen: string[] = [];
    from(['one ', `two${escape}`, '[', '31', 'm three'])
      .pipe(printable())
      .subscribe((text) => seen.push(text));

    expect(seen).toEqual(['one ', 'two', ' three']);
  });

  it('gives up on a sequence that does not end', () => {
    const seen: string[] = [];
    from([`${escape}]0;`, ...Array.from({ length: 1100 }, () => 'x')])
      .pipe(printable())
      .subscribe((text) => seen.push(text));

    expect(seen.join('')).toBe(`0;${'x'.repeat(1100)}`);
  });
});

function inPieces(pieces: readonly string[]): string {
  let text = '';
  from(pieces)
    .pipe(printable())
    .subscribe((piece) => (text += piece));
  return text;
}
