import { restartAfterOutput } from '../../operators/internal/restartAfterOutput.ts';
import { toResultText } from '../../providers/wire/history.ts';
import type { FinishReason, StreamChunk } from '../../src/chunk.ts';
import type { RunState } from '../../src/runState.ts';
import { addUsage, type Usage } from '../../src/usage.ts';
import { toDeltaId, type WordsChunk } from '../internal/deltaIds.ts';
import type { AgUiEvent } from './events.ts';
import { fromWireId, toWireId } from './toolIds.ts';

/** A message that grows. */
interface OpenMessage {
  readonly id: string;
  readonly type: 'TEXT_MESSAGE' | 'REASONING_MESSAGE';
  readonly block: number;
}

/** A tool call of the open step. */
interface StepCall {
  readonly toolCallId: string;
  readonly id: string;
  readonly block: number;
  /** Whether the client has it already. */
  readonly isKnown: boolean;
  hasArguments: boolean;
  isAnswered: boolean;
}

const nothing: readonly AgUiEvent[] = [];

/** Says chunks in the words of AG-UI. A step is a model call and its tools. */
export class AgUiWriter {
  readonly #runId: string;
  /** The calls that a run which is resumed tells again: their ids in the thread, by ours. */
  readonly #known: ReadonlyMap<string, string>;
  #step = 0;
  #isStepOpen = false;
  #isCallOpen = false;
  #hasSaid = false;
  #message: OpenMessage | undefined;
  /** The latest text of the call, to which its tool calls belong. */
  #textId: string | undefined;
  #calls: StepCall[] = [];
  #results = 0;
  #origin = { provider: '', model: '' };
  readonly #usages = new Map<string, { readonly provider: string; readonly model: string; usage: Usage }>();
  #reason: FinishReason = 'stop';
  #state: RunState | undefined;
  #output: unknown;

  constructor(runId: string, known: readonly string[]) {
    this.#runId = runId;
    this.#known = new Map(known.map((id) => [fromWireId(id), id]));
  }

  /** Throws where a `restart` voids what was said: there is no word for that. */
  take(chunk: StreamChunk): readonly AgUiEvent[] {
    switch (chunk.type) {
      case 'start':
        return this.#beginStep(chunk.provider, chunk.model);
      case 'text-delta':
      case 'refusal-delta':
      case 'thinking-delta':
        return this.#addWords(chunk);
      case 'thinking-signature':
        return this.#sign(chunk.block, JSON.stringify({ format: chunk.format, data: chunk.data }));
      case 'tool-call-start':
        return this.#openCall(chunk.toolCallId, chunk.toolName, chunk.block);
      case 'tool-call-delta':
        return this.#addArguments(chunk.block, chunk.argumentsDelta);
      case 'tool-call':
        return this.#closeCall(chunk.block, JSON.stringify(chunk.arguments), chunk.providerExecuted);
      case 'tool-call-invalid':
        return this.#closeCall(chunk.block, chunk.argumentsText);
      case 'tool-result':
        return this.#answer(chunk.toolCallId, toResultText(chunk.result), chunk.isError);
      case 'restart':
        if (this.#isCallOpen && this.#hasSaid) throw restartAfterOutput(chunk, 'output');
        this.#isCallOpen = false;
        return nothing;
      case 'finish':
        this.#isCallOpen = false;
        this.#reason = chunk.reason;
        this.#count(chunk.usage);
        return this.#endMessage();
      case 'run-finish':
        this.#reason = chunk.reason;
        this.#state = chunk.state;
        this.#output = chunk.finalOutput;
        return nothing;
      default:
        return nothing;
    }
  }

  /** The end of a run that did not fail. */
  end(threadId: string): readonly AgUiEvent[] {
    const usage = [...this.#usages.values()].map(({ provider, model, usage: counted }) =>
      toTokenUsage(provider, model, counted),
    );
    return [
      ...this.#endMessage(),
      ...this.#endStep(),
      {
        type: 'RUN_FINISHED',
        threadId,
        runId: this.#runId,
        ...(this.#output !== undefined && { result: this.#output }),
        outcome: this.#outcome,
        ...(usage.length > 0 && { usage }),
      },
    ];
  }

  get #outcome(): unknown {
    const waiting = this.#state?.waiting ?? [];
    if (waiting.length > 0) {
      return {
        type: 'interrupt',
        interrupts: waiting.map(({ toolCallId, toolName }) => ({
          id: this.#idOf(toolCallId),
          reason: 'tool_call',
          message: `${toolName} waits for approval`,
          toolCallId: this.#idOf(toolCallId),
        })),
      };
    }
    if (this.#reason === 'aborted') return { type: 'cancelled' };
    const pendingToolCallIds = this.#calls.filter(({ isAnswered }) => !isAnswered).map(({ id }) => id);
    return { type: 'success', ...(pendingToolCallIds.length > 0 && { pendingToolCallIds }) };
  }

  #idOf(toolCallId: string): string {
    return this.#calls.find((call) => call.toolCallId === toolCallId)?.id ?? toolCallId;
  }

  #beginStep(provider: string, model: string): readonly AgUiEvent[] {
    const ended = [...this.#endMessage(), ...this.#endStep()];
    this.#calls = [];
    this.#textId = undefined;
    this.#hasSaid = false;
    this.#isCallOpen = true;
    this.#isStepOpen = true;
    this.#step += 1;
    this.#origin = { provider, model };
    return [...ended, { type: 'STEP_STARTED', stepName: this.#stepName }];
  }

  get #stepName(): string {
    return `call ${this.#step}`;
  }

  #endStep(): readonly AgUiEvent[] {
    if (!this.#isStepOpen) return nothing;
    this.#isStepOpen = false;
    return [{ type: 'STEP_FINISHED', stepName: this.#stepName }];
  }

  #addWords(chunk: WordsChunk): readonly AgUiEvent[] {
    this.#hasSaid = true;
    const id = toDeltaId(`${this.#runId}-${this.#step}`, chunk);
    const type = chunk.type === 'thinking-delta' ? 'REASONING_MESSAGE' : 'TEXT_MESSAGE';
    const begun = this.#message?.id === id ? nothing : this.#beginMessage({ id, type, block: chunk.block });
    return [...begun, { type: `${type}_CONTENT`, messageId: id, delta: chunk.text }];
  }

  #beginMessage(message: OpenMessage): readonly AgUiEvent[] {
    const ended = this.#endMessage();
    const { id: messageId, type } = message;
    this.#message = message;
    if (type === 'TEXT_MESSAGE') {
      this.#textId = messageId;
      return [...ended, { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' }];
    }
    return [
      ...ended,
      { type: 'REASONING_START', messageId },
      { type: 'REASONING_MESSAGE_START', messageId, role: 'reasoning' },
    ];
  }

  #endMessage(): readonly AgUiEvent[] {
    const message = this.#message;
    if (!message) return nothing;
    this.#message = undefined;
    const { id: messageId, type } = message;
    const end = { type: `${type}_END`, messageId };
    return type === 'TEXT_MESSAGE' ? [end] : [end, { type: 'REASONING_END', messageId }];
  }

  /** What a provider wants back is kept with its message or call; where there is none, with one without words. */
  #sign(block: number, encryptedValue: string): readonly AgUiEvent[] {
    this.#hasSaid = true;
    const type = 'REASONING_ENCRYPTED_VALUE';
    const call = this.#calls.find((candidate) => candidate.block === block);
    if (call) return [{ type, subtype: 'tool-call', entityId: call.id, encryptedValue }];
    const open = this.#message?.block === block ? this.#message : undefined;
    const id = open?.id ?? `${this.#runId}-${this.#step}-thinking-${block}`;
    const begun = open ? nothing : this.#beginMessage({ id, type: 'REASONING_MESSAGE', block });
    return [...begun, { type, subtype: 'message', entityId: id, encryptedValue }];
  }

  #openCall(toolCallId: string, toolCallName: string, block: number): readonly AgUiEvent[] {
    this.#hasSaid = true;
    const known = this.#step === 1 ? this.#known.get(toolCallId) : undefined;
    const id = known ?? toWireId(this.#runId, this.#step, block, toolCallId);
    const isKnown = known !== undefined;
    this.#calls.push({ toolCallId, id, block, isKnown, hasArguments: false, isAnswered: false });
    if (isKnown) return nothing;
    const parentMessageId = this.#textId ?? `${this.#runId}-${this.#step}-calls`;
    return [
      ...this.#endMessage(),
      { type: 'TOOL_CALL_START', toolCallId: id, toolCallName, parentMessageId },
    ];
  }

  #addArguments(block: number, delta: string): readonly AgUiEvent[] {
    const call = this.#calls.find((candidate) => candidate.block === block);
    if (!call || call.isKnown) return nothing;
    call.hasArguments ||= delta !== '';
    return [{ type: 'TOOL_CALL_ARGS', toolCallId: call.id, delta }];
  }

  /** Not every provider tells arguments piece by piece. */
  #closeCall(block: number, text: string, providerExecuted?: boolean): readonly AgUiEvent[] {
    const call = this.#calls.find((candidate) => candidate.block === block);
    if (!call || call.isKnown) return nothing;
    const whole = { type: 'TOOL_CALL_ARGS', toolCallId: call.id, delta: text };
    const end = {
      type: 'TOOL_CALL_END',
      toolCallId: call.id,
      ...(providerExecuted && { metadata: { providerExecuted } }),
    };
    return call.hasArguments ? [end] : [whole, end];
  }

  /** The result of the first call of that id that has none. */
  #answer(toolCallId: string, content: string, isError: boolean): readonly AgUiEvent[] {
    const call = this.#calls.find(
      (candidate) => candidate.toolCallId === toolCallId && !candidate.isAnswered,
    );
    if (!call) return nothing;
    call.isAnswered = true;
    this.#results += 1;
    const messageId = `${this.#runId}-result-${this.#results}`;
    const metadata = isError && { metadata: { isError } };
    return [{ type: 'TOOL_CALL_RESULT', messageId, toolCallId: call.id, content, role: 'tool', ...metadata }];
  }

  #count(usage: Usage | undefined): void {
    if (!usage) return;
    const { provider, model } = this.#origin;
    const key = JSON.stringify([provider, model]);
    const sum = addUsage(this.#usages.get(key)?.usage, usage) ?? usage;
    this.#usages.set(key, { provider, model, usage: sum });
  }
}

/** Its sums are ours, its names are not. */
function toTokenUsage(provider: string, model: string, usage: Usage): Readonly<Record<string, unknown>> {
  const { inputTokens, outputTokens, totalTokens } = usage;
  return {
    provider,
    model,
    inputTokens,
    outputTokens,
    totalTokens,
    ...(usage.thinkingTokens !== undefined && { reasoningTokens: usage.thinkingTokens }),
    ...(usage.cachedInputTokens !== undefined && { cachedInputTokens: usage.cachedInputTokens }),
    ...(usage.cacheWriteTokens !== undefined && { cacheWriteInputTokens: usage.cacheWriteTokens }),
  };
}
