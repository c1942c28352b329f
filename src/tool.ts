import type { ObservableInput } from 'rxjs';
import type { Message } from './message.ts';
import type { InferOutput, Schema } from './schema.ts';

/** What the model is told of a tool. */
export interface ToolDefinition<Parameters extends Schema = Schema> {
  /** Letters, digits, `_` and `-`; what the model calls it by. */
  readonly name: string;
  /** What the tool does and when to use it, in words for the model. */
  readonly description?: string;
  /** What it takes: an object schema. */
  readonly parameters: Parameters;
}

/** What a running tool knows beside its arguments. */
export interface ToolContext {
  /** Fires when the result is no longer wanted: unsubscribed, restarted, timed out or stopped. */
  readonly signal: AbortSignal;
  readonly toolCallId: string;
  /** The conversation up to the call, as far as the caller of the tool gave it. */
  readonly messages: readonly Message[];
  /** The caller's own value. */
  readonly context: unknown;
}

/**
 * A tool that can run.
 *
 * `execute` returns a value, a Promise or an Observable. Of an Observable every emission is a `tool-progress`
 * and the last one is also the result; one that completes empty has the result `null`.
 */
export interface Tool<Parameters extends Schema = Schema> extends ToolDefinition<Parameters> {
  // A method, so that a tool of narrower arguments is still a `Tool`; the arguments are validated before the call.
  execute(args: InferOutput<Parameters>, context: ToolContext): unknown;
  /** Milliseconds after which the tool is aborted and its result is an error. @defaultValue the operator's `timeout` */
  readonly timeout?: number;
  /** Decides whether a call may run, see {@link ApprovalGate}. @defaultValue the operator's `approve` */
  readonly approve?: ApprovalGate;
}

/** What an {@link ApprovalGate} is asked. */
export interface ApprovalQuestion {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: unknown;
}

/** What an {@link ApprovalGate} answers when a plain yes or no is not enough. */
export interface ApprovalDecision {
  readonly approved: boolean;
  /** Told to the model when the call is denied. */
  readonly reason?: string;
  /** Run with these instead; validated like the model's own. */
  readonly arguments?: unknown;
}

/** Decides whether a tool call may run. Its first emission counts; completing without one denies. */
export type ApprovalGate = (question: ApprovalQuestion) => ObservableInput<boolean | ApprovalDecision>;
