import { defer, firstValueFrom, type Observable } from 'rxjs';
import { checkNumber, checkOneOf, checkSchema } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { checkPrice } from '../src/cost.ts';
import type { Message } from '../src/message.ts';
import type { LanguageModel } from '../src/model.ts';
import { toRequest } from '../src/request.ts';
import type { RunState } from '../src/runState.ts';
import type { Schema } from '../src/schema.ts';
import { checkTools, type Tool } from '../src/tool.ts';
import { collectRun, type RunResult } from './collectRun.ts';
import type { Agent, AgentOptions, AgentToolOptions, ApprovalDecisions, RunOptions } from './contract.ts';
import { toTool } from './internal/agentTool.ts';
import { checkHandoffs } from './internal/handoffs.ts';
import { resumeRun } from './internal/resumeRun.ts';
import { runAgent } from './internal/run.ts';

/**
 * Makes an agent: a model that is asked again with the results of the tools it called, until it has answered.
 *
 * A round is `model.stream` → `executeTools`; tools start while the model still streams, and their results go back in
 * the order of the calls. The run ends when the model calls no tool, `stopWhen` says so (reason `limit`), it is
 * interrupted (`aborted`), or a tool call has to wait for its approval (`pause`, see {@link ApprovalGate}).
 * A provider's own `pause` is resumed.
 *
 * All chunks of all rounds pass. `start` tells agent and round. A `message` follows each `finish`, and another one the
 * results of the round's tools: they are what a conversation has to keep. The last chunk is `run-finish`.
 *
 * A forced `toolChoice` holds for the first round; then the model may answer.
 *
 * ```text
 * 1st call:  s-c-(f|)                          s: start, c: tool call, f: finish
 * tool:        ----------(x|)                  run by c
 * 2nd call:              s-------t-(f|)        t: text
 * result:    s-c-(fm)----(pXms)--t-(fmR|)      agent({ model, tools: [tool] }).stream('Hello')
 *                                              p: tool-progress, X: tool-result, m: message, R: run-finish
 * ```
 *
 * Errors with what a model call, an operator on it, a guardrail or an option that is a function errors with, with
 * {@link StructuredOutputError} for an answer that does not fit `outputSchema`, and with the error of an attempt that
 * cannot be repeated since a tool has run, see `afterTools`. Unsubscribing aborts the model's call and the tools.
 *
 * @throws {TypeError | RangeError} where an option is wrong, naming it
 *
 * @example
 * ```ts
 * const assistant = agent({ model, instructions: 'You are brief.', tools: [weather] });
 * assistant.stream('Is it warmer in Bern or in Oslo?').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link collectRun} for the result, {@link shareRun} to show and to await one run.
 */
export function agent<
  Context = unknown,
  Output = unknown,
  Parameters extends readonly Schema[] = readonly Schema[],
>(options: AgentOptions<Context, Output, Parameters>): Agent<Context, Output> {
  if (Object(options) !== options)
    throw new TypeError(`agent: options must be an object, not ${typeof options}`);
  check(options);
  return new RunnableAgent(options);
}

class RunnableAgent<Context, Output> implements Agent<Context, Output> {
  readonly name: string;
  readonly options: AgentOptions<Context, Output>;

  constructor(options: AgentOptions<Context, Output>) {
    this.name = options.name ?? 'agent';
    this.options = options;
  }

  stream(input: string | readonly Message[], options: RunOptions<Context> = {}): Observable<StreamChunk> {
    return defer(() => {
      const { messages } = toRequest(typeof input === 'string' ? input : { messages: input });
      return runAgent(this, { messages }, options);
    });
  }

  run(
    input: string | readonly Message[],
    { signal, ...options }: RunOptions<Context> & { readonly signal?: AbortSignal } = {},
  ): Promise<RunResult<Output>> {
    const run = this.stream(input, { ...options, ...(signal && { interruptOn: signal }) });
    // eslint-disable-next-line rxjs-x/no-ignored-default-value -- it emits or fails
    return firstValueFrom(run.pipe(collectRun<Output>()));
  }

  resume(
    state: RunState,
    decisions: ApprovalDecisions,
    options: RunOptions<Context> = {},
  ): Observable<StreamChunk> {
    return resumeRun(this, state, decisions, options);
  }

  asTool(options: AgentToolOptions = {}): Tool<Schema<{ input: string }>, Context> {
    return toTool(this, options);
  }
}

function check<Context, Output, Parameters extends readonly Schema[]>({
  name,
  model,
  tools,
  repairs,
  price,
  outputSchema,
  startTools,
  afterTools,
  concurrency,
  toolTimeout,
  stateSecret,
  stopWhen,
  handoffs,
}: AgentOptions<Context, Output, Parameters>): void {
  if (typeof (model as Partial<LanguageModel> | undefined)?.stream !== 'function') {
    throw new TypeError(`agent: model must be a LanguageModel, not ${typeof model}`);
  }
  if (tools !== undefined) checkTools('agent', tools);
  if (Array.isArray(handoffs)) checkHandoffs(handoffs as readonly Agent<Context>[]);
  for (const condition of [stopWhen ?? []].flat() as readonly unknown[]) {
    if (typeof condition !== 'function') {
      throw new TypeError(
        `agent: stopWhen must be a function or a list of functions, not ${String(condition)}`,
      );
    }
  }
  checkNumber('agent', 'repairs', repairs, { integer: true });
  checkNumber('agent', 'concurrency', concurrency, { min: 1, integer: true });
  checkNumber('agent', 'toolTimeout', toolTimeout, { min: 1 });
  for (const [option, value] of Object.entries({ name, stateSecret })) {
    if (value === '') throw new TypeError(`agent: ${option} must not be empty`);
  }
  checkOneOf('agent', 'startTools', startTools, ['called', 'finished']);
  checkOneOf('agent', 'afterTools', afterTools, ['fail', 'repeat']);
  if (typeof price !== 'function') checkPrice('agent', price);
  if (outputSchema !== undefined) checkSchema('agent', outputSchema);
}
