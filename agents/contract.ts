import type { Observable } from 'rxjs';
import type { ExecuteToolsOptions } from '../operators/executeTools.ts';
import type { StopNotifier } from '../operators/internal/stopNotifier.ts';
import type { StartChunk, StreamChunk } from '../src/chunk.ts';
import type { Price } from '../src/cost.ts';
import type { Message } from '../src/message.ts';
import type { LanguageModel } from '../src/model.ts';
import type { ModelRequest } from '../src/request.ts';
import type { RunState } from '../src/runState.ts';
import type { Schema } from '../src/schema.ts';
import type { ApprovalDecision, Tool } from '../src/tool.ts';
import type { RunResult } from './collectRun.ts';
import type { InputGuardrail, OutputGuardrail } from './guardrails.ts';
import type { RunProgress, StopCondition } from './stopConditions.ts';

/** What may be different in one round of a run, from `prepareRound`. */
export interface RoundChanges<Context = unknown> extends Partial<
  Omit<ModelRequest, 'messages' | 'tools' | 'outputSchema'>
> {
  readonly model?: LanguageModel;
  readonly tools?: readonly Tool<Schema, Context>[];
  readonly instructions?: string;
  /** Sent in place of the conversation, which itself stays as it is. */
  readonly messages?: readonly Message[];
}

/** Options of {@link agent}; those of a request go with every model call. */
export interface AgentOptions<
  Context = unknown,
  Output = unknown,
  Parameters extends readonly Schema[] = readonly Schema[],
>
  extends
    Omit<ModelRequest, 'messages' | 'tools' | 'outputSchema'>,
    Pick<ExecuteToolsOptions, 'concurrency' | 'approve' | 'startTools' | 'scheduler'> {
  /** Stands in `start`, `run-finish` and the name of the tool that hands over to it. @defaultValue 'agent' */
  readonly name?: string;
  /** What the agent is good at: told to a model that may hand over to it or call it as a tool. */
  readonly description?: string;
  /** Asked once a round. Put retries, limits and `splitThinking` on it with `pipeModel`. */
  readonly model: LanguageModel;
  /** The system message; a function is called for each round. @defaultValue none */
  readonly instructions?: string | ((progress: RunProgress<Context>) => string);
  /** What the model may call. @defaultValue none */
  readonly tools?: { readonly [Index in keyof Parameters]: Tool<Parameters[Index], Context> };
  /**
   * Agents that the model may hand the conversation to, by a tool `transfer_to_` and their name; a function where they
   * know each other. From the next round on, all but `stopWhen`, guardrails, `scheduler` and `stateSecret` is theirs.
   *
   * @defaultValue none
   */
  readonly handoffs?: readonly Agent<Context>[] | (() => readonly Agent<Context>[]);
  /** The answer is to be JSON of this schema; what it makes of it is `finalOutput`. @defaultValue it is text */
  readonly outputSchema?: Schema<Output>;
  /** Ends the run before its next round; of a list, the first that holds. @defaultValue roundsReached(20) */
  readonly stopWhen?: StopCondition<Context> | readonly StopCondition<Context>[];
  /**
   * Asked before each round what is different in it. Of an Observable the first emission counts; without one, nothing is
   * different.
   */
  readonly prepareRound?: (
    progress: RunProgress<Context>,
  ) =>
    | RoundChanges<Context>
    | undefined
    | PromiseLike<RoundChanges<Context> | undefined>
    | Observable<RoundChanges<Context> | undefined>;
  /**
   * How many rounds in a row the model may try again when all its tool calls failed: cut off, of an unknown tool,
   * with arguments that do not fit, denied or failing.
   *
   * @defaultValue 3
   */
  readonly repairs?: number;
  /** Judge the conversation before the first round, one after the other; not when a run is resumed. */
  readonly inputGuardrails?: readonly InputGuardrail<Context>[];
  /** Watch the stream of all rounds and may stop it. */
  readonly outputGuardrails?: readonly OutputGuardrail<Context>[];
  /** Milliseconds after which a tool that has no `timeout` of its own is aborted. @defaultValue no limit */
  readonly toolTimeout?: number;
  /**
   * What to do when the model's call is to be repeated and a tool of it has run already: `fail` fails the run, `repeat`
   * lets the tool run again. With `startTools: 'finished'` it cannot happen.
   *
   * @defaultValue 'fail'
   */
  readonly afterTools?: 'fail' | 'repeat';
  /** What a million tokens cost, or a function that says it of each model call. @defaultValue there is no `cost` */
  readonly price?: Price | ((call: StartChunk) => Price | undefined);
  /**
   * Signs the state of runs that wait, and refuses one that was changed. A state that is not JSON, by the result of a
   * tool, is an {@link InvalidRequestError}.
   *
   * @defaultValue states are not signed
   */
  readonly stateSecret?: string;
}

/** Options of a run. */
export interface RunOptions<Context = unknown> extends Pick<ModelRequest, 'stream' | 'includeRaw'> {
  /** A value of your own for tools, instructions, conditions and guardrails. @defaultValue undefined */
  readonly context?: Context;
  /**
   * Stops the run gracefully: the model's call finishes as `aborted`, open tool calls get an error result, no further
   * round begins, and `run-finish` has the reason `aborted`, so that the conversation can go on. The completion of an
   * Observable does not stop.
   *
   * @defaultValue nothing stops it
   */
  readonly interruptOn?: StopNotifier;
}

/** Answers to the calls that a run waits for, by `toolCallId`. A call that is left out waits on. */
export type ApprovalDecisions = Readonly<Record<string, boolean | ApprovalDecision>>;

/** A model with instructions and tools, from {@link agent}. */
export interface Agent<Context = unknown, Output = unknown> {
  readonly name: string;
  /** What it was made of. */
  readonly options: AgentOptions<Context, Output>;
  /** The run as a cold Observable; see {@link agent}. */
  stream(input: string | readonly Message[], options?: RunOptions<Context>): Observable<StreamChunk>;
  /**
   * The result of a run, as a Promise; nobody need read the stream.
   *
   * Rejects with what the run errors with; with {@link StreamAbortedError} when `signal` stopped it. `messages` of the error
   * is what the run had added to the conversation until then, see {@link collectRun}.
   *
   * @example
   * ```ts
   * const { text, usage } = await assistant.run('Is it warmer in Bern or in Oslo?', { signal: AbortSignal.timeout(60_000) });
   * ```
   */
  run(
    input: string | readonly Message[],
    options?: Omit<RunOptions<Context>, 'interruptOn'> & { readonly signal?: AbortSignal },
  ): Promise<RunResult<Output>>;
  /**
   * Goes on with a run that waited: `state` is that of its `run-finish`, maybe stored as JSON in between.
   *
   * The stream begins with the calls that wait, told again; their message is not. `approval-request` comes only for
   * those without a decision. Rounds, usage, cost and duration count on. The tools are the agent's own, not those that
   * `prepareRound` gave.
   *
   * Errors with {@link InvalidRequestError} where the state is not one, belongs to no agent that this one knows, or was
   * changed, see `stateSecret`; and for a decision on a call that does not wait.
   *
   * @example
   * ```ts
   * const state = JSON.parse(stored) as RunState;
   * assistant.resume(state, { call_7: true }).pipe(selectText()).subscribe(show);
   * ```
   */
  resume(
    state: RunState,
    decisions: ApprovalDecisions,
    options?: RunOptions<Context>,
  ): Observable<StreamChunk>;
  /**
   * A tool by which another agent asks this one: `{ input: string }` comes in, `finalOutput` or the text goes back.
   *
   * Its chunks are the `tool-progress`, and what it uses is billed. A run of it that waits for approval is an error result.
   */
  asTool(options?: AgentToolOptions): Tool<Schema<{ input: string }>, Context>;
}

/** Options of an agent as a tool. */
export interface AgentToolOptions {
  /** @defaultValue the agent's name, with `_` for what a tool's name may not have */
  readonly name?: string;
  /** @defaultValue the agent's */
  readonly description?: string;
}
