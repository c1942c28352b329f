/** An agent with the tools of an MCP server, which is this file as a process of its own; needs no key and no network. */
import { setTimeout as wait } from 'node:timers/promises';
import { LLMock } from '@copilotkit/aimock';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { Argument } from 'commander';
import { lastValueFrom, mergeMap, tap } from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { agent } from 'rxllm/agents';
import { mcpTools } from 'rxllm/integrations/mcp';
import { openaiChat } from 'rxllm/providers/openaiChat';
import { z } from 'zod';
import { command } from './start/command.ts';
import { toPrintable } from './start/printable.ts';

const { args: given } = command('mcp', 'An agent with the tools of an MCP server.')
  .addArgument(new Argument('[serve]', 'to be that server').choices(['serve']))
  .parse();

await (given[0] === 'serve' ? serve() : ask('Have you a book on marbles?'));

/** Asks a model that knows only the tools of the server. */
async function ask(question: string): Promise<void> {
  const mock = new LLMock({ port: 0 });
  mock.on({ hasToolResult: false }, { toolCalls: [{ name: 'find_books', arguments: { word: 'marble' } }] });
  mock.on({ hasToolResult: true }, { content: 'Yes: "The Marble Book", on the second shelf.' });
  const model = openaiChat('gpt-5-mini', { baseURL: `${await mock.start()}/v1`, apiKey: 'none is needed' });

  const client = new Client({ name: 'example', version: '1.0.0' });
  const args = [...process.execArgv, import.meta.filename, 'serve'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));

  const run = mcpTools(client).pipe(
    mergeMap((tools) => agent({ model, tools, toolTimeout: 60_000 }).stream(question)),
    tap(show),
  );
  await lastValueFrom(run);
  await client.close();
  await mock.stop();
}

function show(chunk: StreamChunk): void {
  if (chunk.type === 'tool-call') print(`${chunk.toolName} ${JSON.stringify(chunk.arguments)}\n`);
  if (chunk.type === 'tool-progress') print(`  ${JSON.stringify(chunk.value)}\n`);
  if (chunk.type === 'text-delta') print(chunk.text);
  if (chunk.type === 'run-finish') print('\n');
}

/** Neither a server nor a model is to move the cursor. */
function print(text: string): void {
  process.stdout.write(toPrintable(text));
}

/** A server of books, as it would stand in a package of its own. */
async function serve(): Promise<void> {
  const shelves = [['A Book of Clay'], ['The Marble Book'], ['Streams', 'Rivers']];
  const server = new McpServer({ name: 'library', version: '1.0.0' });

  server.registerTool(
    'find.books',
    { description: 'Finds books by a word of their title.', inputSchema: { word: z.string() } },
    async ({ word }, { _meta, sendNotification }) => {
      const found: string[] = [];
      for (const [index, titles] of shelves.entries()) {
        const { progressToken = '' } = _meta ?? {};
        const params = { progressToken, progress: index + 1, total: shelves.length };
        await sendNotification({ method: 'notifications/progress', params });
        await wait(100);
        found.push(...titles.filter((title) => title.toLowerCase().includes(word.toLowerCase())));
      }
      return { content: [{ type: 'text', text: found.join('\n') || 'There is none.' }] };
    },
  );
  await server.connect(new StdioServerTransport());
}
