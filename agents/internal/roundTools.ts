import type { ApprovalGate, Tool } from '../../src/tool.ts';
import type { Agent } from '../contract.ts';
import { handoffTools } from './handoffs.ts';
import type { Round } from './round.ts';

/** The tools of a round and the handoffs: they tell the round when they run, and ask for approval. */
export function toRoundTools<Context>(
  agent: Agent<Context>,
  round: Round<Context>,
  tools: readonly Tool[] = [],
  gateOf: (toolName: string, gate: ApprovalGate | undefined) => ApprovalGate | undefined,
): readonly Tool[] {
  const own = tools.map((tool): Tool => {
    const { approve = agent.options.approve } = tool;
    return {
      ...tool,
      execute: (args, context) => {
        round.hasRunTool = true;
        return tool.execute(args, context);
      },
      // Looked up at each call, since an earlier one may have been approved for all.
      get approve(): ApprovalGate | undefined {
        return gateOf(tool.name, approve);
      },
    };
  });
  return [...own, ...handoffTools(agent, round)];
}
