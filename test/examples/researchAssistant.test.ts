import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { from, isObservable, lastValueFrom, type ObservableInput } from 'rxjs';
import type { Tool } from 'rxllm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileTools } from '../../examples/researchAssistant/fileTools.ts';
import { webTools } from '../../examples/researchAssistant/webTools.ts';
import { startServer, type TestServer } from '../server.ts';
import { runExample } from './runExample.ts';

const context = { signal: new AbortController().signal, toolCallId: '1', messages: [], context: undefined };
let folder: string;
let server: TestServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rxllm-'));
  server = await startServer();
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Runs one of the tools, as an agent would. */
async function run(tools: readonly Tool[], name: string, args: unknown): Promise<unknown> {
  const tool = tools.find((each) => each.name === name);
  const valid = await tool?.parameters['~standard'].validate(args);
  if (!tool || !valid || valid.issues) throw new Error('the arguments do not fit');
  const result = tool.execute(valid.value, context);
  return isObservable(result)
    ? lastValueFrom(result)
    : lastValueFrom(from(result as ObservableInput<unknown>));
}

describe('fileTools', () => {
  it('writes and reads the files of the folder', async () => {
    expect(await run(fileTools(folder), 'write_file', { name: 'notes.md', text: 'bees' })).toBe(
      '4 characters are in notes.md',
    );
    expect(await run(fileTools(folder), 'read_file', { name: 'notes.md' })).toBe('bees');
  });

  it.each(['../notes.md', '/etc/passwd', '..', 'a/b', 'a\\b', ''])('takes no name like %j', async (name) => {
    await expect(run(fileTools(folder), 'write_file', { name, text: '' })).rejects.toThrow('do not fit');
  });

  it('follows no links out of the folder', async () => {
    const target = join(tmpdir(), 'rxllm-target');
    await symlink(target, join(folder, 'link'));

    await expect(run(fileTools(folder), 'write_file', { name: 'link', text: '' })).rejects.toThrow('ELOOP');
    await expect(run(fileTools(folder), 'read_file', { name: 'link' })).rejects.toThrow('ELOOP');
  });
});

describe('webTools', () => {
  it('reads only what was found', async () => {
    const found = `${server.url}/found`;
    server.respond((response, { path }) => {
      const results = [{ title: 'Found', url: found, content: 'a page' }];
      response.end(path === '/search' ? JSON.stringify({ results }) : 'The page');
    });
    const tools = webTools(server.url);

    await expect(run(tools, 'read_page', { url: found })).rejects.toThrow('has not found');
    expect(await run(tools, 'search_web', { query: 'page' })).toMatchObject([{ title: 'Found' }]);
    expect(await run(tools, 'read_page', { url: found })).toBe('The page');
    await expect(run(tools, 'read_page', { url: `${server.url}/admin` })).rejects.toThrow('has not found');
    expect(server.requests.map(({ path }) => path)).toEqual(['/search', '/found']);
  });

  it('fails where the search does', async () => {
    server.respond((response) => response.writeHead(503).end());

    await expect(run(webTools(server.url), 'search_web', { query: 'page' })).rejects.toThrow('answered 503');
  });
});

describe('npm run example -- researchAssistant', { timeout: 30_000 }, () => {
  it('saves the report and tells what it took', async () => {
    const output = join(folder, 'report.md');
    const { stdout, stderr, code } = await runExample('researchAssistant/main.ts', {
      args: ['--output', output],
    });

    expect({ stdout, code }).toEqual({ stdout: '', code: 0 });
    const report = await readFile(output, 'utf8');
    expect(report).toMatch(/^# Why bees dance\n[^]*\/pages\/karl-von-frisch\)\)\.\n$/);
    expect(stderr).toContain(
      `${report.length - 1} characters in ${output}, search_web 1×, read_page 3×, write_file 1×\n4 rounds, `,
    );
    expect(stderr).not.toContain('\u001b');
  });

  it('says before it begins that the report cannot be saved', async () => {
    const output = join(folder, 'none', 'report.md');
    const { stdout, stderr, code } = await runExample('researchAssistant/main.ts', {
      args: ['--output', output],
    });

    expect({ stdout, code }).toEqual({ stdout: '', code: 1 });
    expect(stderr).toBe(`error: the report cannot be saved in the folder ${join(folder, 'none')}\n`);
  });
});
