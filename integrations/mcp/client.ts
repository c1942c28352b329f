import {
  catchError,
  defer,
  EMPTY,
  exhaustMap,
  from,
  ignoreElements,
  interval,
  type Observable,
  tap,
} from 'rxjs';
import { ProviderError, toErrorFacts } from '../../src/errors.ts';

/** What an MCP server tells of one of its tools. */
export interface McpTool {
  /** The server's own name, which may have more characters than providers allow. */
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** The JSON Schema of its arguments. */
  readonly inputSchema: object;
  /** What the server says of its effects; to be trusted as far as the server is. */
  readonly annotations?: McpToolAnnotations | undefined;
}

/** What an MCP server says of the effects of a tool. */
export interface McpToolAnnotations {
  readonly readOnlyHint?: boolean | undefined;
  readonly destructiveHint?: boolean | undefined;
  readonly idempotentHint?: boolean | undefined;
  readonly openWorldHint?: boolean | undefined;
}

/** How far a running tool of an MCP server is: the `value` of its `tool-progress` chunks. */
export interface McpProgress {
  /** Grows from one to the next. */
  readonly progress: number;
  /** What `progress` will be in the end, if the server knows. */
  readonly total?: number | undefined;
  /** In words. */
  readonly message?: string | undefined;
}

/** What {@link mcpTools} needs of a client: the connected `Client` of `@modelcontextprotocol/sdk` has it. */
export interface McpClient {
  listTools(
    params: { cursor?: string | undefined },
    options: McpRequestOptions,
  ): Promise<{ readonly tools: readonly McpTool[]; readonly nextCursor?: string | undefined }>;
  callTool(
    params: { name: string; arguments: Record<string, unknown> },
    resultSchema: undefined,
    options: McpRequestOptions,
  ): Promise<object>;
  ping(options: McpRequestOptions): Promise<object>;
  getServerVersion(): { readonly name: string } | undefined;
}

/** What {@link mcpTools} tells the client with each request. */
export interface McpRequestOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly onprogress?: (progress: McpProgress) => void;
}

/** Milliseconds between two pings, and those that a ping may take. */
const pingEvery = 15_000;

/** The server's own name. */
export function nameOf(client: McpClient): string {
  return client.getServerVersion()?.name ?? 'mcp';
}

/** Makes one request. Unsubscribing before its answer cancels it at the server. */
export function request<T>(client: McpClient, send: (signal: AbortSignal) => Promise<T>): Observable<T> {
  return defer(() => {
    const controller = new AbortController();
    return from(send(controller.signal)).pipe(tap({ unsubscribe: () => controller.abort() }));
  }).pipe(
    catchError((cause: unknown) => {
      throw toProviderError(cause, nameOf(client));
    }),
  );
}

/** Errors when the server is gone, which over HTTP a request under way is not told. Never emits or completes. */
export function watch(client: McpClient): Observable<never> {
  const ping = request(client, (signal) => client.ping({ signal, timeout: pingEvery })).pipe(
    catchError((error: unknown) => {
      if (isGone(error as ProviderError)) throw error;
      return EMPTY;
    }),
  );
  return interval(pingEvery).pipe(
    exhaustMap(() => ping),
    ignoreElements(),
  );
}

/** Whether nobody answered, or nobody who knows the session; a server may also be just busy, or refuse to be pinged. */
function isGone({ code }: ProviderError): boolean {
  return code === undefined || code === '404';
}

function toProviderError(cause: unknown, provider: string): ProviderError {
  const { message } = toErrorFacts(cause);
  const { code } = Object(cause) as { readonly code?: unknown };
  return new ProviderError(`The MCP server "${provider}" failed: ${message}`, {
    provider,
    // Of the protocol, or the HTTP status.
    code: typeof code === 'number' ? String(code) : undefined,
    retryable: false,
    cause,
  });
}
