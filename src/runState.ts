import type { Message, ToolCallPart, ToolResultPart } from './message.ts';
import type { Usage } from './usage.ts';

/**
 * An agent's run that waits for decisions, as plain JSON.
 *
 * It holds the conversation, so whoever may change it may change what the agent does next: let it be signed where it
 * leaves the server, see `stateSecret` of an agent.
 */
export interface RunState {
  readonly version: 1;
  /** Name of the agent that waits. */
  readonly agent: string;
  /** Who made the calls that wait. */
  readonly provider: string;
  readonly model: string;
  /** The conversation without instructions; the last message has the calls that wait. */
  readonly messages: readonly Message[];
  /** Results of the other calls of that message. */
  readonly results: readonly ToolResultPart[];
  /** The calls that wait for a decision, in their order. */
  readonly waiting: readonly ToolCallPart[];
  /** Tools that were approved for the whole run, as `agent/tool`. */
  readonly approved: readonly string[];
  /** Name of the agent that takes over behind these calls. */
  readonly next?: string;
  readonly rounds: number;
  readonly usage?: Usage;
  readonly billedUsage?: Usage;
  readonly cost?: number;
  /** Milliseconds that the run has taken, without the wait. */
  readonly durationMs: number;
  /** HMAC-SHA-256 of the rest, in base64url; there where the agent has a `stateSecret`. */
  readonly signature?: string;
}
