import { catchError, concat, defer, ignoreElements, of, type OperatorFunction, tap } from 'rxjs';
import { OpenCall } from '../operators/internal/openCall.ts';
import type { FinishReason, RunFinishChunk, StreamChunk } from '../src/chunk.ts';
import { GrammarError, isRxllmError, type RxllmError, StreamAbortedError } from '../src/errors.ts';
import type { JsonObject } from '../src/json.ts';
import type { AssistantMessage, ToolMessage } from '../src/message.ts';
import type { RunState } from '../src/runState.ts';
import type { Usage } from '../src/usage.ts';
import { ownCallsOf } from './internal/ownCalls.ts';

/** One model call of a run. */
export interface RunRound {
  readonly provider: string;
  readonly model: string;
  readonly agent?: string;
  readonly finishReason: FinishReason;
  readonly usage?: Usage;
}

/** One tool call of a run. */
export interface RunToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: JsonObject;
  /** Number of its round in `rounds`, from 0. */
  readonly round: number;
  /** Absent while the run waits for its approval. */
  readonly result?: unknown;
  readonly isError?: boolean;
  /** Milliseconds that the tool ran. */
  readonly durationMs?: number;
}

/** The result of an agent's run, from {@link collectRun}. */
export interface RunResult<Output = unknown> {
  /** The text of the last round. */
  readonly text: string;
  /** What the agent's `outputSchema` made of it. */
  readonly finalOutput?: Output;
  /** What the run adds to the conversation: the messages of assistant and tools. */
  readonly messages: readonly (AssistantMessage | ToolMessage)[];
  readonly rounds: readonly RunRound[];
  readonly toolCalls: readonly RunToolCall[];
  /** Tokens of the calls that count. */
  readonly usage?: Usage;
  /** Tokens of all calls, voided attempts and agents called as tools included. */
  readonly billedUsage?: Usage;
  /** In the currency of the agent's `price`. */
  readonly cost?: number;
  readonly lastAgent?: string;
  /** `limit` by `stopWhen`, `pause` while it waits for approval, otherwise that of the last call. */
  readonly finishReason: FinishReason;
  readonly durationMs: number;
  /** For `resume`; only where the run waits. */
  readonly state?: RunState;
}

/**
 * Emits the result of an agent's run, once, when it has ended.
 *
 * It collects what passes, nothing is asked for again: on a {@link shareRun} one request both shows and awaits a run.
 *
 * ```text
 * source:  s-t-(fm)(R|)         s: start, t: text, f: finish, m: message, R: run-finish
 * result:  --------(x|)         collectRun(), x.text: 't'
 * ```
 *
 * Errors with what the source errors with, with {@link StreamAbortedError} for a run that was stopped or left before its
 * `run-finish`, and with {@link GrammarError} for a stream that is no run of an agent. `partial` of the error is what had
 * come of the open or last call; `messages` is what the run had added to the conversation, which can go on from there:
 * an error of this library has them, as a new one of the same class whose `cause` is that of the source. Unsubscribing
 * unsubscribes from the source.
 *
 * @example
 * ```ts
 * const run = assistant.stream('Is it warmer in Bern or in Oslo?').pipe(shareRun());
 * run.pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * const { usage, toolCalls } = await firstValueFrom(run.pipe(collectRun()));
 * ```
 */
export function collectRun<Output = unknown>(): OperatorFunction<StreamChunk, RunResult<Output>> {
  return (source) =>
    defer(() => {
      const collection = new Collection<Output>();
      return concat(
        source.pipe(
          tap((chunk) => collection.take(chunk)),
          ignoreElements(),
          catchError((error: unknown) => {
            throw collection.complement(error);
          }),
        ),
        defer(() => of(collection.result)),
      );
    });
}

type Start = Pick<RunRound, 'provider' | 'model' | 'agent'>;

class Collection<Output> {
  readonly #call = new OpenCall('all');
  readonly #messages: (AssistantMessage | ToolMessage)[] = [];
  readonly #rounds: RunRound[] = [];
  #toolCalls: RunToolCall[] = [];
  #start: Start = { provider: '', model: '' };
  /** Number of the open or latest one. */
  #round = 0;
  #end: RunFinishChunk | undefined;
  /** Whether it is a model's stream rather than an agent's. */
  #isForeign = false;

  take(chunk: StreamChunk): void {
    this.#call.take(chunk);
    switch (chunk.type) {
      case 'start': {
        const { provider, model, agent } = chunk;
        this.#isForeign = agent === undefined;
        this.#round = this.#rounds.length;
        this.#start = { provider, model, ...(agent !== undefined && { agent }) };
        break;
      }
      case 'restart':
        this.#toolCalls = this.#toolCalls.filter(({ round }) => round < this.#rounds.length);
        break;
      case 'tool-call': {
        const { toolCallId, toolName, arguments: args } = chunk;
        this.#toolCalls.push({ toolCallId, toolName, arguments: args, round: this.#round });
        break;
      }
      case 'tool-result': {
        const index = this.#toolCalls.findIndex(
          ({ toolCallId, round, durationMs }) =>
            toolCallId === chunk.toolCallId && round === this.#round && durationMs === undefined,
        );
        const call = this.#toolCalls[index];
        const { result, isError, durationMs } = chunk;
        if (call) this.#toolCalls[index] = { ...call, result, isError, durationMs };
        break;
      }
      case 'finish': {
        const { reason: finishReason, usage } = chunk;
        this.#rounds.push({ ...this.#start, finishReason, ...(usage && { usage }) });
        break;
      }
      case 'message':
        this.#messages.push(chunk.message);
        break;
      case 'run-finish':
        this.#end = chunk;
        break;
      default:
    }
  }

  /** The error of the run with its messages, where there are any. */
  complement(error: unknown): unknown {
    const messages = this.#settled;
    if (!isRxllmError(error) || messages.length === 0) return error;
    return withMessages(
      error.withPartial(() => error.partial),
      messages,
    );
  }

  /** The messages without a last one whose calls have no results. */
  get #settled(): readonly (AssistantMessage | ToolMessage)[] {
    const last = this.#messages.at(-1);
    const isOpen = last?.role === 'assistant' && ownCallsOf(last).length > 0;
    return isOpen ? this.#messages.slice(0, -1) : this.#messages;
  }

  get result(): RunResult<Output> {
    if (!this.#end && this.#isForeign && this.#messages.length === 0) {
      throw new GrammarError(
        'The stream is no run of an agent: it has neither `message` nor `run-finish`. For a model call take collectResponse()',
        this.#call.details,
      );
    }
    if (!this.#end || this.#end.reason === 'aborted') {
      const why = this.#end ? 'The run was stopped' : 'The run was left before its end';
      throw withMessages(new StreamAbortedError(why, this.#call.details), this.#settled);
    }
    const { type: _, reason: finishReason, rounds: __, finalOutput, ...end } = this.#end;
    return {
      text: this.#call.partial.text,
      ...(finalOutput !== undefined && { finalOutput: finalOutput as Output }),
      messages: this.#messages,
      rounds: this.#rounds,
      toolCalls: this.#toolCalls,
      finishReason,
      ...end,
    };
  }
}

/** Not enumerable, so that neither the JSON nor a copy of the error has them. */
function withMessages(error: RxllmError, messages: RunResult['messages']): RxllmError {
  return Object.defineProperty(error, 'messages', { value: messages });
}
