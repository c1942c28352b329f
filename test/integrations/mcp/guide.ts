import { forkJoin, map, type Observable } from 'rxjs';
import type { ApprovalGate, Tool } from 'rxllm';
import { type McpClient, mcpTools } from 'rxllm/integrations/mcp';

/** The tools of two servers, which may have names in common. */
export function toolsOfBoth(disk: McpClient, web: McpClient): Observable<readonly Tool[]> {
  const named = (prefix: string) =>
    map((tools: readonly Tool[]) => tools.map((tool) => ({ ...tool, name: `${prefix}_${tool.name}` })));

  return forkJoin([mcpTools(disk).pipe(named('disk')), mcpTools(web).pipe(named('web'))]).pipe(
    map((lists) => lists.flat()),
  );
}

/** The tools of a server, of which those that may change something are asked about. */
export function guardedTools(client: McpClient, approve: ApprovalGate): Observable<readonly Tool[]> {
  const readOnly = mcpTools(client, ({ annotations }) => annotations?.readOnlyHint === true);
  const others = mcpTools(client, ({ annotations }) => annotations?.readOnlyHint !== true).pipe(
    map((tools) => tools.map((tool) => ({ ...tool, approve }))),
  );
  return forkJoin([readOnly, others]).pipe(map((lists) => lists.flat()));
}
