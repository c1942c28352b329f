import type { Message } from '../../src/message.ts';
import type { RunState } from '../../src/runState.ts';
import type { Agent, ApprovalDecisions } from '../contract.ts';

/** A run that waited, the agent that did, and the decisions. */
export interface WaitingRun<Context> {
  readonly agent: Agent<Context>;
  readonly state: RunState;
  readonly decisions: ApprovalDecisions;
}

/** What a run begins with. */
export type RunBeginning<Context> = { readonly messages: readonly Message[] } | WaitingRun<Context>;
