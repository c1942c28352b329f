/**
 * Tools of servers of the Model Context Protocol.
 *
 * @module
 */
import { EMPTY, expand, map, mergeMap, Observable, takeUntil, toArray } from 'rxjs';
import { longestDelay } from '../operators/internal/deadline.ts';
import { InvalidRequestError } from '../src/errors.ts';
import type { Schema } from '../src/schema.ts';
import type { Tool } from '../src/tool.ts';
import { type McpClient, type McpTool, nameOf, request, watch } from './mcp/client.ts';
import { type CallToolResult, toEmissions } from './mcp/content.ts';

export type { McpClient, McpProgress, McpRequestOptions, McpTool, McpToolAnnotations } from './mcp/client.ts';

/** Which tools are wanted: their names as the server has them, or whatever the function is true for. */
export type McpToolFilter = readonly string[] | ((tool: McpTool) => boolean);

/**
 * Asks an MCP server for its tools, as tools that a model can be given and {@link executeTools} can run.
 *
 * It emits one list, of all pages, and completes; each subscription asks anew. The client stays yours: it has to be
 * connected, and is not closed here. In names, providers allow letters, digits, `_` and `-`, and 64 of them: others
 * become `_`, the rest is cut off. The tools are plain objects: `map` over the list to rename one, where two servers
 * have one in common, or to give one a `timeout` or an `approve` gate.
 *
 * A tool emits its progress as the server tells it, then the pictures, sounds and files it made, and last its result,
 * which, as with every Observable tool, is told as progress too. The result is the `structuredContent` if there is one,
 * else the content: a text is a string, several parts are a list, and bytes, of which a model could make nothing, are
 * left out. A result that the server calls an error makes the tool fail with the words of the server.
 *
 * The server checks the arguments, as the protocol demands of it, and knows its draft of JSON Schema; the model can mend
 * what it refuses, as if it were refused here. The client's timeout of a minute does not hold for tools, only the
 * `timeout` of {@link Tool} and {@link executeTools} does. While a tool runs, the server is pinged every 15 seconds:
 * over HTTP nothing else tells that it is gone.
 *
 * ```text
 * mcpTools(client):  --(t|)          t: readonly Tool[]
 * execute(args):     --p---p--(r|)   of one of them; p: McpProgress, r: the result
 * ```
 *
 * Errors with {@link ProviderError} when the server cannot be asked, fails, or is gone, with its name as `provider`
 * and the client's error as `cause`; with {@link InvalidRequestError} when the filter names a tool that the server has
 * not, or two tools get the same name. Unsubscribing from the list or from a tool sends `notifications/cancelled`.
 *
 * @example
 * ```ts
 * const client = new Client({ name: 'my-app', version: '1.0.0' });
 * await client.connect(new StdioClientTransport({ command: 'npx', args: ['-y', 'some-mcp-server'] }));
 *
 * mcpTools(client, ['search', 'fetch']).pipe(
 *   mergeMap((tools) => model.stream({ messages, tools }).pipe(executeTools(tools, { timeout: 60_000 }))),
 * );
 * ```
 *
 * @see {@link executeTools} for what becomes of errors and progress.
 */
export function mcpTools(client: McpClient, filter?: McpToolFilter): Observable<readonly Tool[]> {
  if (filter !== undefined && typeof filter !== 'function' && !Array.isArray(filter)) {
    throw new TypeError(`mcpTools: filter must be a list of names or a function, not ${String(filter)}`);
  }
  const listPage = (cursor?: string) => request(client, (signal) => client.listTools({ cursor }, { signal }));

  return listPage().pipe(
    // Some servers say with an empty cursor that there is no next page.
    expand(({ nextCursor }) => (nextCursor ? listPage(nextCursor) : EMPTY)),
    toArray(),
    map((pages) => {
      const listed = pages.flatMap(({ tools }) => tools);
      const chosen = choose(listed, filter, nameOf(client));
      checkNames(chosen, nameOf(client));
      return chosen.map((tool) => toTool(client, tool));
    }),
  );
}

function choose(
  listed: readonly McpTool[],
  filter: McpToolFilter | undefined,
  provider: string,
): readonly McpTool[] {
  if (filter === undefined) return listed;
  if (typeof filter === 'function') return listed.filter((tool) => filter(tool));

  const names = listed.map(({ name }) => name);
  const missing = filter.find((name) => !names.includes(name));
  if (missing === undefined) return listed.filter(({ name }) => filter.includes(name));
  throw new InvalidRequestError(
    `The MCP server "${provider}" has no tool "${missing}". Its tools are: ${names.join(', ') || 'none'}.`,
    { provider },
  );
}

function checkNames(tools: readonly McpTool[], provider: string): void {
  const owners = new Map<string, string>();
  for (const { name } of tools) {
    const toolName = toToolName(name);
    const owner = owners.get(toolName);
    if (owner !== undefined) {
      throw new InvalidRequestError(
        `The tools "${owner}" and "${name}" of the MCP server "${provider}" would both be called "${toolName}". ` +
          'Choose one of them with the filter.',
        { provider },
      );
    }
    owners.set(toolName, name);
  }
}

function toTool(client: McpClient, { name, title, description = title, inputSchema }: McpTool): Tool {
  return {
    name: toToolName(name),
    ...(description !== undefined && { description }),
    parameters: toSchema(inputSchema),
    execute: (args) => callTool(client, name, args as Record<string, unknown>),
  };
}

/** What all providers accept as the name of a tool. */
function toToolName(name: string): string {
  return name.replace(/[^\w-]/gu, '_').slice(0, 64);
}

function toSchema(inputSchema: object): Schema {
  const json = () => inputSchema as Record<string, unknown>;
  return {
    '~standard': {
      version: 1,
      vendor: 'mcp',
      validate: (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? { value }
          : { issues: [{ message: 'must be an object' }] },
      jsonSchema: { input: json, output: json },
    },
  };
}

function callTool(client: McpClient, name: string, args: Record<string, unknown>): Observable<unknown> {
  const provider = nameOf(client);

  // Progress comes by a callback of the request, so that no composition has its subscriber.
  return new Observable<unknown>((subscriber) =>
    request(client, (signal) =>
      client.callTool({ name, arguments: args }, undefined, {
        signal,
        // How long a tool may take is for its own limits to say.
        timeout: longestDelay,
        onprogress: (progress) => subscriber.next(progress),
      }),
    )
      .pipe(
        mergeMap((result) => toEmissions(result as CallToolResult, provider)),
        takeUntil(watch(client)),
      )
      .subscribe(subscriber),
  );
}
