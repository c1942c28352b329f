import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

describe('npm run example -- toolAgent', { timeout: 30_000 }, () => {
  it('asks for both cities at once and answers', async () => {
    const { stdout, stderr, code } = await runExample('toolAgent.ts');

    expect(code).toBe(0);
    expect(stdout).toBe(
      'Let me look at both.\nIt is warmer in Oslo: 4 °C and sunny, against −2 °C and light snow in Bern.\n',
    );
    expect(stderr).toMatch(/^calls weather {"city":"Bern"}\ncalls weather {"city":"Oslo"}\n/m);
    expect(stderr).toMatch(/^2 rounds, 2 tool calls, \d+ tokens, [\d.]+ s$/m);
    expect(stderr).not.toContain('\u001b');
  });

  it('keeps what it said, aborts its tools and exits with 130 when interrupted', async () => {
    const { stdout, stderr, code } = await runExample('toolAgent.ts', {
      interruptAt: 'calls weather {"city":"Oslo"}',
    });

    expect({ stdout, code }).toEqual({ stdout: 'Let me look at both.\n', code: 130 });
    expect(stderr).toMatch(/(weather failed: .*aborted.*\n){2}Interrupted\.\n$/);
  });

  it.for([
    [['Is it hot?'], 'add --provider'],
    [['--provider', 'openai'], 'OPENAI_API_KEY'],
    [['--model', 'gpt-5'], 'needs a --provider'],
    [['--modell', 'gpt-5'], "unknown option '--modell'"],
  ] as const)('says in one line what is wrong with %j', async ([args, words]) => {
    const { stdout, stderr, code } = await runExample('toolAgent.ts', { args });

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(words);
  });
});

describe('an example with --provider', { timeout: 30_000 }, () => {
  const escape = '\u001b';
  const mock = new LLMock({ port: 0, chunkSize: 3 });
  const env = { OPENAI_BASE_URL: '' };

  beforeAll(async () => {
    const hostile = `${escape}[2J${escape}]0;title\u0007`;
    mock.on(
      { userMessage: 'Is it hot in Rome?', hasToolResult: false },
      { toolCalls: [{ name: 'weather', arguments: { city: `${hostile}Rome\u009b2J` } }] },
    );
    mock.on(
      { userMessage: 'Is it hot in Rome?' },
      { content: `${hostile}No, ${escape}[31mit is not.\u0007` },
    );
    env.OPENAI_BASE_URL = `${await mock.start()}/v1`;
  });
  afterAll(() => mock.stop());

  it('asks a real model what the user says, and prints nothing of it that a terminal would obey', async () => {
    const args = ['Is it hot', 'in Rome?', '--provider', 'openai-chat', '--model', 'gpt-4.1'];
    const { stdout, stderr, code } = await runExample('toolAgent.ts', { args, env });

    expect({ stdout, code }).toEqual({ stdout: 'No, it is not.\n', code: 0 });
    expect(stderr).toContain('calls weather');
    expect(stderr).not.toMatch(/[^\P{Cc}\n\t]/u);
    expect(mock.getLastRequest()?.body).toMatchObject({ model: 'gpt-4.1' });
  });
});

describe('npm run example -- handoff', { timeout: 30_000 }, () => {
  it('hands the conversation over, and tells who speaks', async () => {
    const { stdout, stderr, code } = await runExample('handoff.ts');

    expect(code).toBe(0);
    expect(stdout).toMatch(/^One moment, I pass you on\.\nThe kettle of order A-17 .*\n$/);
    expect(stderr).toMatch(/^reception:\n[^]*^returns:\ncalls find_order {"number":"A-17"}\n/m);
    expect(stderr).toMatch(/^answered by returns after 3 rounds$/m);
  });
});
