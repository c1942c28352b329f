import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { inMemory } from './connect.ts';
import { guardedTools, toolsOfBoth } from './guide.ts';

const file = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const read = (name: string) => readFileSync(file(name), 'utf8');

/** A client of a server with one tool that only reads, and one that does not. */
function files() {
  const server = new McpServer({ name: 'files', version: '1.0.0' });
  const answer = () => ({ content: [] });
  server.registerTool('read', { annotations: { readOnlyHint: true } }, answer);
  server.registerTool('write', {}, answer);
  return inMemory(server.server);
}

describe('docs/mcp.md', () => {
  it('shows code that runs here', () => {
    const blocks = [...read('docs/mcp.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);

    expect(blocks).toHaveLength(2);
    const [example = '', guide = ''] = blocks;
    expect(read('examples/mcp.ts').replaceAll(/^ {2}/gm, '')).toContain(example);
    expect(read('test/integrations/mcp/guide.ts')).toContain(guide);
  });

  it('tells apart the tools of two servers', async () => {
    const tools = await lastValueFrom(toolsOfBoth(await files(), await files()));

    expect(tools.map(({ name }) => name)).toEqual(['disk_read', 'disk_write', 'web_read', 'web_write']);
  });

  it('has tools asked about that may write', async () => {
    const approve = () => of(true);
    const tools = await lastValueFrom(guardedTools(await files(), approve));

    expect(tools.map((tool) => [tool.name, tool.approve])).toEqual([
      ['read', undefined],
      ['write', approve],
    ]);
  });
});

describe('examples/mcp.ts', () => {
  it('answers with what the tool of the server has found', async () => {
    const args = ['--import', file('test/examples/sources.ts'), file('examples/mcp.ts')];
    const { stdout } = await promisify(execFile)(process.execPath, args);

    expect(stdout.split('\n')).toEqual([
      'find_books {"word":"marble"}',
      ...[1, 2, 3].map((progress) => `  {"progress":${progress},"total":3}`),
      '  "The Marble Book"',
      'Yes: "The Marble Book", on the second shelf.',
      '',
    ]);
  }, 20_000);
});
