import { checkNumber, checkToolName } from '../src/checkOptions.ts';
import type { Message, ToolCallPart } from '../src/message.ts';
import type { Usage } from '../src/usage.ts';

/** How far an agent's run has come. */
export interface RunProgress<Context = unknown> {
  /** Name of the agent whose round is next. */
  readonly agent: string;
  /** How many rounds are over. */
  readonly rounds: number;
  /** The conversation so far, without instructions. */
  readonly messages: readonly Message[];
  /** The tool calls of the latest round. */
  readonly toolCalls: readonly ToolCallPart[];
  /** Tokens of the calls that count. */
  readonly usage?: Usage;
  /** Tokens of all calls, voided attempts and agents called as tools included. */
  readonly billedUsage?: Usage;
  /** In the currency of the agent's `price`. */
  readonly cost?: number;
  readonly context: Context;
}

/**
 * Says whether a run is to end before its next round.
 *
 * Any function of the progress is one; those of this file are for the usual reasons. Several in a list: one is enough.
 */
export type StopCondition<Context = unknown> = (progress: RunProgress<Context>) => boolean;

/** Ends a run after so many rounds. */
export function roundsReached(count: number): StopCondition {
  checkNumber('roundsReached', 'count', count, { min: 1, integer: true });
  return ({ rounds }) => rounds >= count;
}

/** Ends a run after a round in which the model called that tool. */
export function toolCalled(toolName: string): StopCondition {
  checkToolName('toolCalled', toolName);
  return ({ toolCalls }) => toolCalls.some((call) => call.toolName === toolName);
}

/** Ends a run whose calls, voided ones included, used so many tokens. */
export function tokensUsed(count: number): StopCondition {
  checkNumber('tokensUsed', 'count', count);
  return ({ billedUsage }) => (billedUsage?.totalTokens ?? 0) >= count;
}

/** Ends a run that has cost so much, in the currency of the agent's `price`. */
export function costReached(amount: number): StopCondition {
  checkNumber('costReached', 'amount', amount);
  return ({ cost }) => (cost ?? 0) >= amount;
}
