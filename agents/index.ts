/**
 * Agents, what they call, and sessions that keep their conversations.
 *
 * @module
 */
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
export { memoryStore } from './memoryStore.ts';
export { session } from './session.ts';
export type {
  ForkOptions,
  Session,
  SessionCompaction,
  SessionHistory,
  SessionOptions,
  SessionSettings,
} from './internal/sessionContract.ts';
export {
  type SessionEntry,
  type SessionListOptions,
  type SessionMessage,
  type SessionRecord,
  type SessionStore,
  toSessionEntry,
} from './internal/sessionRecords.ts';
