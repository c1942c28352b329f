import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';

const program = fileURLToPath(new URL('server.ts', import.meta.url));

/** A client of a server that is a process of its own. */
export interface Connection {
  readonly client: Client;
  /** Ends the process as a crash would. */
  readonly kill: () => void;
  readonly close: () => Promise<void>;
}

/** Starts `server.ts` and speaks to it over its standard input and output. */
export async function overStdio(): Promise<Connection> {
  const transport = new StdioClientTransport({ command: process.execPath, args: [program] });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  return {
    client,
    kill: () => {
      if (transport.pid !== null) process.kill(transport.pid, 'SIGKILL');
    },
    close: () => client.close(),
  };
}

/** Starts `server.ts` and speaks to it over streamable HTTP. */
export async function overHttp(): Promise<Connection> {
  const child = spawn(process.execPath, [program, 'http'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(String(url).trim())));
  return {
    client,
    kill: () => void child.kill('SIGKILL'),
    close: async () => {
      await client.close();
      child.kill();
    },
  };
}

/** A client of a server in this process, for what the wire has no part in. */
export async function inMemory(server: McpServer['server']): Promise<Client> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: 'test', version: '1.0.0' });
  await Promise.all([server.connect(far), client.connect(near)]);
  return client;
}
