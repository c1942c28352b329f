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

/**
 * Ends a run after so many rounds.
 *
 * @throws {RangeError} where `count` is no whole number from 1
 *
 * @example
 * ```ts
 * agent({ model, tools, stopWhen: [roundsReached(5), toolCalled('report')] });
 * ```
 */
export function roundsReached(count: number): StopCondition {
  checkNumber('roundsReached', 'count', count, { min: 1, integer: true });
  return ({ rounds }) => rounds >= count;
}

/**
 * Ends a run after a round in which the model called that tool, whatever came of it.
 *
 * @throws {TypeError} where the name is empty
 *
 * @example
 * ```ts
 * agent({ model, tools: [search, report], stopWhen: toolCalled('report') });
 * ```
 */
export function toolCalled(toolName: string): StopCondition {
  checkToolName('toolCalled', toolName);
  return ({ toolCalls }) => toolCalls.some((call) => call.toolName === toolName);
}

/**
 * Ends a run whose calls used so many tokens, input and output, voided attempts included.
 *
 * A call is counted when it has finished, so the run may use more than that.
 *
 * @throws {RangeError} where `count` is negative
 *
 * @example
 * ```ts
 * agent({ model, tools, stopWhen: tokensUsed(100_000) });
 * ```
 */
export function tokensUsed(count: number): StopCondition {
  checkNumber('tokensUsed', 'count', count);
  return ({ billedUsage }) => (billedUsage?.totalTokens ?? 0) >= count;
}

/**
 * Ends a run that has cost so much, in the currency of the agent's `price`; without one, never.
 *
 * A call is counted when it has finished, so the run may cost more than that.
 *
 * @throws {RangeError} where `amount` is negative
 *
 * @example
 * ```ts
 * agent({ model, tools, price: { input: 3, output: 15 }, stopWhen: costReached(0.5) });
 * ```
 */
export function costReached(amount: number): StopCondition {
  checkNumber('costReached', 'amount', amount);
  return ({ cost }) => (cost ?? 0) >= amount;
}
