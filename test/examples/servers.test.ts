import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

const said = 'Because nothing stops them: a ball touches the ground in one point, and gravity does the rest.';

describe('npm run example -- hono', { timeout: 30_000 }, () => {
  it('serves chunks, and reads them', async () => {
    const { stdout, stderr, code } = await runExample('hono.ts');

    expect({ stdout, code }).toEqual({ stdout: `${said}\n`, code: 0 });
    expect(stderr).toMatch(/^Serving at http:\/\/localhost:\d+\/chat\n$/);
  });

  it('says what is wrong with a port', async () => {
    const { stderr, code } = await runExample('hono.ts', { args: ['--port', '-1'] });

    expect({ stderr, code }).toEqual({
      stderr: 'error: --port must be a number from 0 to 65535, not -1\n',
      code: 1,
    });
  });
});

describe('npm run example -- page', { timeout: 30_000 }, () => {
  it('serves a page and its stream until it is interrupted', async () => {
    const path = (name: string) => new URL(name, import.meta.url).pathname;
    const child = spawn(
      process.execPath,
      ['--import', path('sources.ts'), path('../../examples/page/main.ts'), '--port', '0'],
      { env: { PATH: process.env['PATH'] } },
    );
    const ended = once(child, 'close');
    const [line] = (await once(createInterface(child.stderr), 'line')) as [string];
    const [url = ''] = /http\S+\d/.exec(line) ?? [];

    expect(await (await fetch(url)).text()).toContain('new EventSource(');
    const events = await (await fetch(`${url}/chat?prompt=Hello`)).text();
    const texts = [...events.matchAll(/^data: (\{"type":"text-delta".*)$/gm)];
    expect(texts.map(([, json = '']) => (JSON.parse(json) as { text: string }).text).join('')).toBe(said);
    expect((await fetch(`${url}/chat`)).status).toBe(400);

    child.kill('SIGINT');
    expect(await ended).toEqual([130, null]);
  });
});

describe('npm run example -- webSocket', { timeout: 30_000 }, () => {
  it.for([
    [[], 'The answer of the bank: 9 francs are paid'],
    [['--deny'], 'The answer of the bank: The call was denied.'],
  ] as const)('asks before it pays: %j', async ([args, words]) => {
    const { stdout, code } = await runExample('webSocket.ts', { args });

    expect({ stdout, code }).toEqual({ stdout: `I pay the bill.\n${words}\n`, code: 0 });
  });
});
