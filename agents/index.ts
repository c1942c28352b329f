export { agent } from './agent.ts';
export type {
  Agent,
  AgentOptions,
  AgentToolOptions,
  ApprovalDecisions,
  RoundChanges,
  RunOptions,
} from './contract.ts';
export { collectRun, type RunResult, type RunRound, type RunToolCall } from './collectRun.ts';
export type { InputGuardrail, OutputGuardrail } from './guardrails.ts';
export {
  costReached,
  roundsReached,
  type RunProgress,
  type StopCondition,
  tokensUsed,
  toolCalled,
} from './stopConditions.ts';
export { tool } from '../src/tool.ts';
