import type { FinishReason, StreamChunk } from '../../src/chunk.ts';
import type { Signature } from '../../src/message.ts';
import type { Usage } from '../../src/usage.ts';
import { toDeltaId, type WordsChunk } from '../internal/deltaIds.ts';
import { toResultText } from '../../providers/wire/history.ts';
import { refusals, toWord, type UIEvent } from './events.ts';

/** A part that grows. */
interface OpenPart {
  readonly id: string;
  readonly type: 'text' | 'reasoning';
  readonly block: number;
  /** What is kept of it in the message, and comes back with the next question. */
  readonly kind?: 'refusal' | 'summary';
  signature?: Signature;
}

/** A tool call of the open step. */
interface StepCall {
  readonly toolCallId: string;
  /** Differs from the former where two calls of one step have the same. */
  readonly id: string;
  readonly block: number;
  /** Whether the client's message has it already. */
  readonly isKnown: boolean;
  isClosed: boolean;
  isAnswered: boolean;
  signature?: Signature;
}

const nothing: readonly UIEvent[] = [];

/** Says chunks in the words of the AI SDK. A step is a model call and its tools. */
export class UIMessageWriter {
  /** The calls that a run which is resumed tells again. */
  readonly #known: ReadonlySet<string>;
  #step = 0;
  #isStepOpen = false;
  #isCallOpen = false;
  #isReset = false;
  #part: OpenPart | undefined;
  #calls: StepCall[] = [];
  #reason: FinishReason = 'stop';
  #metadata: Readonly<Record<string, unknown>> | undefined;
  #model: string | undefined;

  constructor(known: readonly string[]) {
    this.#known = new Set(known);
  }

  take(chunk: StreamChunk): readonly UIEvent[] {
    switch (chunk.type) {
      case 'start':
        this.#model = chunk.model;
        return this.#beginStep();
      case 'text-delta':
      case 'refusal-delta':
      case 'thinking-delta':
        return this.#addWords(chunk);
      case 'thinking-signature':
        return this.#sign(chunk.block, { format: chunk.format, data: chunk.data });
      case 'tool-call-start': {
        const { toolCallId, toolName, block } = chunk;
        const { id, isKnown } = this.#openCall(toolCallId, block);
        if (isKnown) return nothing;
        return [...this.#endPart(), { type: 'tool-input-start', toolCallId: id, toolName }];
      }
      case 'tool-call-delta':
        return this.#addArguments(chunk.block, chunk.argumentsDelta);
      case 'tool-call': {
        const { toolName, arguments: input, providerExecuted } = chunk;
        return this.#ofCall(chunk.block, (toolCallId, { signature }) => ({
          type: 'tool-input-available',
          toolCallId,
          toolName,
          input,
          ...(providerExecuted && { providerExecuted }),
          ...(signature && { providerMetadata: { rxllm: { signature } } }),
        }));
      }
      case 'tool-call-invalid': {
        const { toolName, argumentsText: input, reason } = chunk;
        return this.#ofCall(chunk.block, (toolCallId) => ({
          type: 'tool-input-error',
          toolCallId,
          toolName,
          input,
          errorText: refusals[reason],
        }));
      }
      case 'approval-request':
        return this.#ofAnswer(chunk.toolCallId, (toolCallId) => ({
          type: 'tool-approval-request',
          approvalId: `approval-${this.#step}-${toolCallId}`,
          toolCallId,
        }));
      case 'tool-progress':
        return this.#ofAnswer(chunk.toolCallId, (toolCallId) => ({
          type: 'tool-output-available',
          toolCallId,
          output: chunk.value ?? null,
          preliminary: true,
        }));
      case 'tool-result':
        return this.#ofAnswer(chunk.toolCallId, (toolCallId, call) => {
          call.isAnswered = true;
          const { result, isError, providerExecuted } = chunk;
          return {
            toolCallId,
            ...(isError
              ? { type: 'tool-output-error', errorText: toResultText(result) }
              : { type: 'tool-output-available', output: result ?? null }),
            ...(providerExecuted && { providerExecuted }),
          };
        });
      case 'source': {
        const { url, title } = chunk;
        if (url === undefined) return nothing;
        return [{ type: 'source-url', sourceId: url, url, ...(title !== undefined && { title }) }];
      }
      case 'restart':
        return this.#reset();
      case 'finish':
        this.#isCallOpen = false;
        this.#end(chunk.reason, { model: this.#model, usage: withoutRaw(chunk.usage) });
        return this.#endPart();
      case 'run-finish': {
        const { reason, usage, billedUsage, cost, durationMs, rounds } = chunk;
        this.#end(reason, { model: this.#model, usage, billedUsage, cost, durationMs, rounds });
        return nothing;
      }
      default:
        return nothing;
    }
  }

  /** The end of an answer that did not fail. */
  end(): readonly UIEvent[] {
    const messageMetadata = this.#metadata;
    return [
      ...this.#endPart(),
      ...this.#endStep(),
      ...(this.#reason === 'aborted' ? [{ type: 'abort' }] : []),
      { type: 'finish', finishReason: toWord(this.#reason), ...(messageMetadata && { messageMetadata }) },
    ];
  }

  /** The id by which the protocol knows the call of a block. */
  idOf(block: number): string | undefined {
    return this.#calls.find((call) => call.block === block)?.id;
  }

  #beginStep(): readonly UIEvent[] {
    this.#isCallOpen = true;
    if (this.#isReset) {
      this.#isReset = false;
      return nothing;
    }
    const ended = this.#endStep();
    this.#calls = [];
    this.#isStepOpen = true;
    this.#step += 1;
    return [...ended, { type: 'start-step' }];
  }

  #endStep(): readonly UIEvent[] {
    if (!this.#isStepOpen) return nothing;
    this.#isStepOpen = false;
    return [{ type: 'finish-step' }];
  }

  /** Takes back what the open call has said; the next attempt goes on in the same step. */
  #reset(): readonly UIEvent[] {
    if (!this.#isCallOpen) return nothing;
    this.#isCallOpen = false;
    this.#isReset = true;
    this.#part = undefined;
    this.#calls = [];
    return [{ type: 'reset-step' }];
  }

  #addWords(chunk: WordsChunk): readonly UIEvent[] {
    const id = toDeltaId(String(this.#step), chunk);
    const type = chunk.type === 'thinking-delta' ? 'reasoning' : 'text';
    const delta = { type: `${type}-delta`, id, delta: chunk.text };
    if (this.#part?.id === id) return [delta];
    const isSummary = chunk.type === 'thinking-delta' && chunk.kind === 'summary';
    const kind = chunk.type === 'refusal-delta' ? 'refusal' : isSummary ? 'summary' : undefined;
    return [...this.#beginPart({ id, type, block: chunk.block, ...(kind && { kind }) }), delta];
  }

  #beginPart(part: OpenPart): readonly UIEvent[] {
    const ended = this.#endPart();
    this.#part = part;
    return [...ended, { type: `${part.type}-start`, id: part.id }];
  }

  #endPart(): readonly UIEvent[] {
    const part = this.#part;
    if (!part) return nothing;
    this.#part = undefined;
    const { id, type, kind, signature } = part;
    const rxllm = { ...(kind && { kind }), ...(signature && { signature }) };
    const isKept = kind !== undefined || signature !== undefined;
    return [{ type: `${type}-end`, id, ...(isKept && { providerMetadata: { rxllm } }) }];
  }

  /** What a provider wants back is kept with its part; where that is not open, with an empty one. */
  #sign(block: number, signature: Signature): readonly UIEvent[] {
    const call = this.#calls.find((candidate) => candidate.block === block && !candidate.isClosed);
    if (call) {
      call.signature = signature;
      return nothing;
    }
    if (this.#part?.block === block) {
      this.#part.signature = signature;
      return nothing;
    }
    const id = `${this.#step}-thinking-${block}`;
    return this.#beginPart({ id, type: 'reasoning', block, signature });
  }

  #openCall(toolCallId: string, block: number): StepCall {
    const same = this.#calls.filter((call) => call.toolCallId === toolCallId).length;
    const id = same === 0 ? toolCallId : `${toolCallId}-${same + 1}`;
    const isKnown = this.#step === 1 && this.#known.has(id);
    const call = { toolCallId, id, block, isKnown, isClosed: false, isAnswered: false };
    this.#calls.push(call);
    return call;
  }

  #addArguments(block: number, inputTextDelta: string): readonly UIEvent[] {
    const call = this.#calls.find((candidate) => candidate.block === block);
    if (!call || call.isKnown) return nothing;
    return [{ type: 'tool-input-delta', toolCallId: call.id, inputTextDelta }];
  }

  /** What is said of a call that was announced, and is told now. */
  #ofCall(block: number, say: (toolCallId: string, call: StepCall) => UIEvent): readonly UIEvent[] {
    const call = this.#calls.find((candidate) => candidate.block === block);
    if (!call) return nothing;
    const said = say(call.id, call);
    call.isClosed = true;
    return call.isKnown ? nothing : [said];
  }

  /** What is said of the first call of that id that has no result. */
  #ofAnswer(id: string, say: (toolCallId: string, call: StepCall) => UIEvent): readonly UIEvent[] {
    const call = this.#calls.find(({ toolCallId, isAnswered }) => toolCallId === id && !isAnswered);
    return call ? [say(call.id, call)] : nothing;
  }

  #end(reason: FinishReason, metadata: Readonly<Record<string, unknown>>): void {
    this.#reason = reason;
    this.#metadata = metadata;
  }
}

/** Metadata are kept with the message, so without what only this provider says. */
function withoutRaw(usage: Usage | undefined): Usage | undefined {
  if (!usage) return undefined;
  const { raw: _, ...rest } = usage;
  return rest;
}
