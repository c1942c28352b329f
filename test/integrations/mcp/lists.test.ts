import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CallToolRequestSchema,
  CancelledNotificationSchema,
  ListToolsRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { lastValueFrom, map, mergeMap, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mcpTools, type McpToolFilter } from '../../../integrations/mcp.ts';
import { executeTools } from '../../../operators/executeTools.ts';
import { InvalidRequestError, ProviderError } from '../../../src/errors.ts';
import { validate } from '../../../src/schema.ts';
import { inMemory } from './connect.ts';

const inputSchema = { type: 'object' as const };

/** A server that lists tools of these names, and keeps what it was asked. */
async function serving(...names: readonly string[]) {
  const asked: string[] = [];
  const server = new McpServer({ name: 'names', version: '1.0.0' }, { capabilities: { tools: {} } }).server;
  server.setRequestHandler(ListToolsRequestSchema, () => {
    asked.push('list');
    const annotations = (name: string) => ({ readOnlyHint: !name.startsWith('delete') });
    return {
      tools: names.map((name) => ({ name, inputSchema, annotations: annotations(name) })),
      nextCursor: '',
    };
  });
  server.setRequestHandler(CallToolRequestSchema, ({ params }) => {
    asked.push(params.name);
    return { content: [] };
  });
  return { client: await inMemory(server), server, asked };
}

async function namesOf(names: readonly string[], filter?: McpToolFilter): Promise<readonly string[]> {
  const { client } = await serving(...names);
  const tools = await lastValueFrom(mcpTools(client, filter));
  return tools.map(({ name }) => name);
}

describe('the list of mcpTools', () => {
  it('is not asked for before it is subscribed to, and then once', async () => {
    const { client, asked } = await serving('read');
    const tools = mcpTools(client);
    expect(asked).toEqual([]);

    await lastValueFrom(tools);
    expect(asked).toEqual(['list']);

    await lastValueFrom(tools);
    expect(asked).toEqual(['list', 'list']);
  });

  it('may be empty', async () => {
    expect(await namesOf([])).toEqual([]);
  });

  it('is what the function wants', async () => {
    const harmless = await namesOf(['read', 'deleteAll'], ({ annotations }) => !!annotations?.readOnlyHint);

    expect(harmless).toEqual(['read']);
  });

  it('is what is named, in the order of the server', async () => {
    expect(await namesOf(['read', 'write', 'files.list'], ['files.list', 'read'])).toEqual([
      'read',
      'files_list',
    ]);
  });

  it('errors when the server has no tool of a name', async () => {
    const failure = namesOf(['read', 'write'], ['read', 'list']);

    await expect(failure).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(failure).rejects.toThrow(
      'The MCP server "names" has no tool "list". Its tools are: read, write.',
    );
    await expect(namesOf([], ['list'])).rejects.toThrow('Its tools are: none.');
  });

  it('has names that every provider accepts', async () => {
    expect(await namesOf(['files.read', 'größe/👋', 'x'.repeat(80), 'a-b_C9'])).toEqual([
      'files_read',
      'gr__e__',
      'x'.repeat(64),
      'a-b_C9',
    ]);
  });

  it('calls a tool by the name that the server has', async () => {
    const { client, asked } = await serving('files.read');
    const renamed = mcpTools(client).pipe(
      mergeMap((tools) => tools.map((tool) => ({ ...tool, name: `disk_${tool.name}` }))),
      mergeMap((tool) => tool.execute({}, undefined as never) as Observable<unknown>),
    );

    await lastValueFrom(renamed);

    expect(asked).toEqual(['list', 'files.read']);
  });

  it('errors when two names become the same, unless the filter leaves one out', async () => {
    const names = ['files.read', 'files/read'];

    await expect(namesOf(names)).rejects.toBeInstanceOf(InvalidRequestError);
    await expect(namesOf(names)).rejects.toThrow(
      'The tools "files.read" and "files/read" of the MCP server "names" would both be called "files_read"',
    );
    expect(await namesOf(names, ['files/read'])).toEqual(['files_read']);
  });

  it('errors when the server has no tools to list', async () => {
    const client = await inMemory(new McpServer({ name: 'bare', version: '1.0.0' }).server);
    const failure = lastValueFrom(mcpTools(client));

    await expect(failure).rejects.toBeInstanceOf(ProviderError);
    await expect(failure).rejects.toMatchObject({
      provider: 'bare',
      code: '-32601',
      cause: { message: 'MCP error -32601: Method not found' },
    });
  });

  it('names a server that does not tell its name', async () => {
    const { client } = await serving();
    client.getServerVersion = () => undefined;
    await client.close();

    await expect(lastValueFrom(mcpTools(client))).rejects.toThrow('The MCP server "mcp" failed');
  });

  it('is no longer asked for when unsubscribed from', async () => {
    const { client, server } = await serving('read');
    const cancelled = new Promise((resolve) => {
      server.setNotificationHandler(CancelledNotificationSchema, resolve);
    });

    mcpTools(client).subscribe().unsubscribe();

    expect(await cancelled).toMatchObject({ method: 'notifications/cancelled' });
  });

  it('has schemas that leave everything but being an object to the server', async () => {
    const { client } = await serving('read');
    const [parameters] = await lastValueFrom(
      mcpTools(client).pipe(map((tools) => tools.map((tool) => tool.parameters))),
    );
    const checked = [{ path: 1 }, 'path', null, []].map((value) => parameters && validate(parameters, value));

    const refused = { valid: false, issues: [{ message: 'must be an object', path: [] }] };
    expect(checked).toEqual([{ valid: true, value: { path: 1 } }, refused, refused, refused]);
  });

  it('refuses a filter that is none', async () => {
    const { client } = await serving();

    expect(() => mcpTools(client, 'read' as never)).toThrow(
      'mcpTools: filter must be a list of names or a function, not read',
    );
  });

  it('is what executeTools takes', async () => {
    const { client } = await serving('read');
    const tools = await lastValueFrom(mcpTools(client));

    expect(() => executeTools(tools)).not.toThrow();
  });
});
