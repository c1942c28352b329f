import {
  asyncScheduler,
  concat,
  connect,
  defaultIfEmpty,
  defer,
  EMPTY,
  filter,
  from,
  identity,
  map,
  merge,
  mergeMap,
  type MonoTypeOperatorFunction,
  type Observable,
  of,
  queueScheduler,
  repeat,
  scheduled,
  type SchedulerLike,
  take,
  takeUntil,
  tap,
} from 'rxjs';
import { executeTools } from '../../operators/executeTools.ts';
import { toStop } from '../../operators/internal/stopNotifier.ts';
import { toObservable } from '../../operators/internal/toObservable.ts';
import { interruptOn } from '../../operators/interruptOn.ts';
import type { FinishReason, RunFinishChunk, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import type { AssistantMessage, Message, ToolCallPart, ToolResultPart } from '../../src/message.ts';
import type { RunState } from '../../src/runState.ts';
import type { Tool } from '../../src/tool.ts';
import type { Agent, RoundChanges, RunOptions } from '../contract.ts';
import { guardInput, guardOutput } from '../guardrails.ts';
import { roundsReached, type RunProgress } from '../stopConditions.ts';
import { Approvals } from './approvals.ts';
import { handoffsOf } from './handoffs.ts';
import { labelCalls } from './labelCalls.ts';
import { listenTo } from './listenTo.ts';
import { replayCall } from './replayCall.ts';
import { readOutput } from './readOutput.ts';
import { Round } from './round.ts';
import { toRoundRequest } from './roundRequest.ts';
import { toRoundTools } from './roundTools.ts';
import type { RunBeginning, WaitingRun } from './runBeginning.ts';
import { RunCost } from './runCost.ts';
import { signState } from './stateSignature.ts';

/** The chunks of an agent's run. */
export function runAgent<Context>(
  agent: Agent<Context>,
  beginning: RunBeginning<Context>,
  options: RunOptions<Context>,
): Observable<StreamChunk> {
  return defer(() => new Run(agent, beginning, options).chunks());
}

const defaultStop = roundsReached(20);

class Run<Context> {
  /** The agent that was asked; `#agent` changes at a handoff. */
  readonly #first: Agent<Context>;
  #agent: Agent<Context>;
  readonly #options: RunOptions<Context>;
  readonly #scheduler: SchedulerLike;
  readonly #startTime: number;
  readonly #stop = new AbortController();
  readonly #approvals: Approvals;
  readonly #cost: RunCost;
  #resumed: WaitingRun<Context> | undefined;
  #messages: readonly Message[];
  #toolCalls: readonly ToolCallPart[] = [];
  #rounds: number;
  #failedRounds = 0;
  /** Why the run has ended; undefined while it goes on. */
  #reason: FinishReason | undefined;
  #finalOutput: unknown;
  #state: Omit<RunState, 'durationMs'> | undefined;

  constructor(agent: Agent<Context>, beginning: RunBeginning<Context>, options: RunOptions<Context>) {
    const resumed = 'state' in beginning ? beginning : undefined;
    this.#first = agent;
    this.#agent = resumed?.agent ?? agent;
    this.#options = options;
    this.#resumed = resumed;
    this.#messages = 'state' in beginning ? beginning.state.messages : beginning.messages;
    this.#rounds = resumed?.state.rounds ?? 0;
    this.#cost = new RunCost(resumed?.state);
    this.#approvals = new Approvals(resumed?.state.approved);
    this.#scheduler = agent.options.scheduler ?? asyncScheduler;
    this.#startTime = this.#scheduler.now() - (resumed?.state.durationMs ?? 0);
  }

  chunks(): Observable<StreamChunk> {
    const { inputGuardrails = [], outputGuardrails = [] } = this.#first.options;
    const { interruptOn: notifier, context } = this.#options;
    const rounds = defer(() => this.#round()).pipe(
      // By a queue: rounds that end at once would otherwise stand one within the other, until the stack is full.
      repeat({
        delay: () => (this.#reason === undefined ? scheduled([true], queueScheduler) : EMPTY),
      }),
    );
    return concat(
      this.#resumed ? EMPTY : guardInput(inputGuardrails, this.#progress).pipe(this.#untilStopped()),
      outputGuardrails.length > 0
        ? rounds.pipe(guardOutput(outputGuardrails, context as Context, toStop(this.#stop.signal)))
        : rounds,
      defer(() => this.#end()),
    ).pipe(listenTo(notifier, this.#stop));
  }

  get #progress(): RunProgress<Context> {
    return {
      agent: this.#agent.name,
      rounds: this.#rounds,
      messages: this.#messages,
      toolCalls: this.#toolCalls,
      ...this.#cost.told,
      context: this.#options.context as Context,
    };
  }

  #untilStopped<T>(): MonoTypeOperatorFunction<T> {
    return takeUntil(toStop(this.#stop.signal));
  }

  #round(): Observable<StreamChunk> {
    // Stopped or not: the calls that wait get their results.
    if (this.#resumed) return this.#resume(this.#resumed);
    if (this.#stop.signal.aborted) {
      this.#reason = 'aborted';
      return EMPTY;
    }
    return toObservable(this.#agent.options.prepareRound?.(this.#progress)).pipe(
      take(1),
      defaultIfEmpty(undefined),
      this.#untilStopped(),
      // `null` where it was written without types.
      mergeMap((changes) => this.#ask((changes as RoundChanges<Context> | null | undefined) ?? {})),
    );
  }

  /** Asks the model. */
  #ask(changes: RoundChanges<Context>): Observable<StreamChunk> {
    const { name, options } = this.#agent;
    const { model = options.model, tools = options.tools } = changes;
    const round = new Round<Context>();
    const roundTools = toRoundTools(this.#agent, round, tools, (...tool) =>
      this.#approvals.gateOf(name, ...tool),
    );
    const request = toRoundRequest(this.#agent, this.#options, changes, roundTools, this.#progress);
    const number = (this.#rounds += 1);
    const stream = model.stream(request);

    return (
      this.#options.interruptOn === undefined ? stream : stream.pipe(interruptOn(this.#stop.signal))
    ).pipe(labelCalls(name, number), this.#play(round, roundTools));
  }

  /** Lets the calls that waited run, or denies them. */
  #resume(waiting: WaitingRun<Context>): Observable<StreamChunk> {
    const { state } = waiting;
    this.#resumed = undefined;
    const answer = this.#approvals.answersOf(waiting);
    const round = new Round<Context>(state.messages.at(-1) as AssistantMessage, state.results);
    round.next = handoffsOf(this.#agent).find(({ name }) => name === state.next);
    const tools = toRoundTools(this.#agent, round, this.#agent.options.tools, () => (call) => [answer(call)]);
    return from(replayCall(state)).pipe(
      this.#play(round, tools),
      filter((chunk) => chunk.type !== 'approval-request' || answer(chunk) === 'later'),
    );
  }

  /** Runs the tools of a call, adds the messages, and decides at the end how the run goes on. */
  #play(round: Round<Context>, tools: readonly Tool[]): MonoTypeOperatorFunction<StreamChunk> {
    const { concurrency, startTools, toolTimeout, outputSchema } = this.#agent.options;
    const tellMessage = connect((chunks: Observable<StreamChunk>) =>
      merge(
        chunks,
        chunks.pipe(
          filter(({ type }) => type === 'finish'),
          mergeMap(() => this.#keep(round)),
        ),
      ),
    );
    const readAnswer =
      outputSchema === undefined
        ? identity
        : readOutput(outputSchema, (output) => {
            this.#finalOutput = output;
          });

    return (source) =>
      concat(
        source.pipe(
          executeTools(tools, {
            ...(concurrency !== undefined && { concurrency }),
            ...(startTools !== undefined && { startTools }),
            ...(toolTimeout !== undefined && { timeout: toolTimeout }),
            messages: this.#messages,
            context: this.#options.context,
            interruptOn: this.#stop.signal,
            scheduler: this.#scheduler,
          }),
          tap((chunk) => this.#take(chunk, round)),
          tellMessage,
          readAnswer,
        ),
        defer(() => this.#settle(round)),
      );
  }

  #take(chunk: StreamChunk, round: Round<Context>): void {
    const { price, afterTools = 'fail' } = this.#agent.options;
    this.#cost.take(chunk, price);
    const isFatal = chunk.type === 'restart' && round.hasRunTool && afterTools === 'fail';
    if (isFatal || chunk.type === 'error') {
      throw errorFromFacts({ partial: round.response.partial, ...chunk.error });
    }
    round.take(chunk);
  }

  /** Adds the model's message to the conversation, when it has finished. */
  #keep(round: Round<Context>): readonly StreamChunk[] {
    const { message, isResumed } = round;
    this.#toolCalls = round.toolCalls;
    if (isResumed || message.content.length === 0) return [];
    this.#messages = [...this.#messages, message];
    return [{ type: 'message', message }];
  }

  /** Adds the results to the conversation, and decides. */
  #settle(round: Round<Context>): readonly StreamChunk[] {
    const { results, waiting } = round.settle();
    if (waiting.length > 0 && round.start) {
      this.#reason = 'pause';
      this.#state = {
        version: 1,
        agent: this.#agent.name,
        provider: round.start.provider,
        model: round.start.model,
        messages: this.#messages,
        results,
        waiting,
        approved: this.#approvals.tools,
        ...(round.next && { next: round.next.name }),
        rounds: this.#rounds,
        ...this.#cost.told,
      };
      return [];
    }
    const message = { role: 'tool', content: results } as const;
    if (results.length > 0) this.#messages = [...this.#messages, message];
    this.#reason = this.#decide(round, results);
    return results.length > 0 ? [{ type: 'message', message }] : [];
  }

  /** Why the run ends, or undefined where it goes on. */
  #decide(round: Round<Context>, results: readonly ToolResultPart[]): FinishReason | undefined {
    const { repairs = 3 } = this.#agent.options;
    const { stopWhen = defaultStop } = this.#first.options;
    const reason = round.finish?.reason ?? 'other';
    if (this.#stop.signal.aborted || reason === 'aborted') return 'aborted';
    if (results.length === 0 && reason !== 'pause') return reason;
    const hasFailed = results.length > 0 && results.every(({ isError }) => isError);
    this.#failedRounds = hasFailed ? this.#failedRounds + 1 : 0;
    if (this.#failedRounds > repairs) return reason;
    this.#agent = round.next ?? this.#agent;
    return [stopWhen].flat().some((isReached) => isReached(this.#progress)) ? 'limit' : undefined;
  }

  #end(): Observable<StreamChunk> {
    const durationMs = this.#scheduler.now() - this.#startTime;
    // Stopped before the guardrails had judged; calls that wait still do.
    const reason = this.#stop.signal.aborted && !this.#state ? 'aborted' : (this.#reason ?? 'aborted');
    const finish: RunFinishChunk = {
      type: 'run-finish',
      reason,
      ...this.#cost.told,
      durationMs,
      rounds: this.#rounds,
      lastAgent: this.#agent.name,
      ...(this.#finalOutput !== undefined && { finalOutput: this.#finalOutput }),
    };
    if (!this.#state) return of(finish);
    return signState({ ...this.#state, durationMs }, this.#first.options.stateSecret).pipe(
      map((state) => ({ ...finish, state })),
    );
  }
}
