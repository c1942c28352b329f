/** An MCP server with tools of every kind: `node server.ts` speaks over stdio, `node server.ts http` prints its URL. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  EmptyResultSchema,
  ListToolsRequestSchema,
  type ListToolsResult,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const server = new McpServer({ name: 'test-server', version: '1.0.0' });

const text = (...texts: string[]) => ({
  content: texts.map((each) => ({ type: 'text' as const, text: each })),
});

/** Tells of progress, and waits until the client has read it: in one read with the result it would be lost. */
async function tell(extra: Extra, progress: number, more: { total?: number; message?: string } = {}) {
  const progressToken = extra._meta?.progressToken;
  if (progressToken !== undefined) {
    await extra.sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress, ...more },
    });
  }
  await extra.sendRequest({ method: 'ping' }, EmptyResultSchema);
}

server.registerTool(
  'weather',
  { description: 'Tells the weather in a city.', inputSchema: { city: z.string() } },
  ({ city }) => text(`sunny in ${city}`),
);

server.registerTool(
  'count.slowly',
  { title: 'Counts', inputSchema: { to: z.number() } },
  async ({ to }, extra) => {
    for (let step = 1; step <= to; step++) await tell(extra, step, { total: to, message: `step ${step}` });
    return text(`counted to ${to}`);
  },
);

server.registerTool('fail', { description: 'Fails.' }, () => {
  throw new Error('The disk is full.');
});

server.registerTool(
  'forecast',
  { description: 'Tells numbers.', outputSchema: { celsius: z.array(z.number()) } },
  () => ({ ...text('{"celsius":[3,5]}'), structuredContent: { celsius: [3, 5] } }),
);

let onCancelled: (reason: string) => void;
const cancelled = new Promise<string>((resolve) => (onCancelled = resolve));

server.registerTool('wait', { description: 'Never ends.' }, async (extra) => {
  const aborted = once(extra.signal, 'abort');
  await tell(extra, 0);
  await aborted;
  onCancelled(String(extra.signal.reason));
  return text('nobody hears this');
});

server.registerTool('whatWasCancelled', { description: 'Ends when wait was cancelled.' }, async () =>
  text(await cancelled),
);

// The SDK's server lists everything on one page; this one needs two.
const handlers = Reflect.get(server.server, '_requestHandlers') as Map<
  string,
  (...args: unknown[]) => Promise<ListToolsResult>
>;
const listAll = handlers.get('tools/list');
server.server.setRequestHandler(ListToolsRequestSchema, async (request, extra) => {
  const { tools = [] } = (await listAll?.(request, extra)) ?? {};
  return request.params?.cursor === 'rest'
    ? { tools: tools.slice(4) }
    : { tools: tools.slice(0, 4), nextCursor: 'rest' };
});

if (process.argv[2] === 'http') {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await server.connect(transport);
  const http = createServer((incoming, response) => void transport.handleRequest(incoming, response));
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  console.log(`http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`);
} else {
  await server.connect(new StdioServerTransport());
}
