import { restartAfterOutput } from '../../operators/internal/restartAfterOutput.ts';
import type { FinishReason, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import type { ToolCallPart } from '../../src/message.ts';
import { addUsage, type Usage } from '../../src/usage.ts';
import type { ChatDelta, ChatFinishReason, ChatToolCallDelta, ChatUsage } from './wire.ts';

/** What of the tools the client is told. */
export interface ToolView {
  /** The names of those that the client runs. */
  readonly tools?: readonly string[];
  /** Whether the thinking tells what the others did. */
  readonly showToolRuns?: boolean;
}

const nothing: readonly ChatDelta[] = [];

/** Makes of the chunks of one answer, which may be a run of many calls, what is added to one message. */
export class ChatDeltas {
  readonly #tools: ReadonlySet<string>;
  readonly #showToolRuns: boolean;
  #call = 0;
  /** Where the latest text and thinking stand, so that the next one knows whether it begins anew. */
  #textCall = 0;
  #thinkingPlace = '';
  #isAgent = false;
  #isOpen = false;
  #hasWritten = false;
  #toolCalls = 0;
  /** The calls that the client is told, by block, with their index and whether it has arguments of them. */
  #shown = new Map<number, { readonly index: number; hasArguments: boolean }>();
  /** Arguments of the calls that run here, by id. */
  #runs = new Map<string, string>();
  #reason: FinishReason = 'other';
  #usage: Usage | undefined;

  constructor({ tools = [], showToolRuns = false }: ToolView) {
    this.#tools = new Set(tools);
    this.#showToolRuns = showToolRuns;
  }

  /** What the chunk adds. Throws what an `error` chunk tells, and where a `restart` comes too late. */
  take(chunk: StreamChunk): readonly ChatDelta[] {
    switch (chunk.type) {
      case 'start':
        this.#call += 1;
        this.#isAgent = chunk.agent !== undefined;
        this.#isOpen = true;
        this.#hasWritten = false;
        this.#shown.clear();
        this.#runs.clear();
        return nothing;
      case 'text-delta':
        return chunk.text === '' ? nothing : this.#write({ content: this.#text(chunk.text) });
      case 'refusal-delta':
        return this.#write({ refusal: chunk.text });
      case 'thinking-delta':
        return chunk.text === '' ? nothing : this.#think(`${this.#call} ${chunk.block}`, chunk.text);
      case 'tool-call-start':
        return this.#announce(chunk.block, chunk.toolCallId, chunk.toolName);
      case 'tool-call-delta':
        return this.#addArguments(chunk.block, chunk.argumentsDelta);
      case 'tool-call': {
        const text = JSON.stringify(chunk.arguments);
        if (this.#showToolRuns) this.#runs.set(chunk.toolCallId, text);
        return this.#close(chunk.block, text);
      }
      case 'tool-call-invalid':
        return this.#close(chunk.block, chunk.argumentsText);
      case 'tool-result':
        return this.#tellRun(chunk.toolCallId, chunk.toolName, chunk.result);
      case 'finish':
        this.#isOpen = false;
        this.#reason = chunk.reason;
        this.#usage = addUsage(this.#usage, chunk.usage);
        return nothing;
      case 'run-finish':
        this.#reason = chunk.reason;
        this.#usage = chunk.usage ?? this.#usage;
        return (chunk.state?.waiting ?? []).flatMap((call) => this.#handOver(call));
      case 'restart':
        if (this.#isOpen && this.#hasWritten) throw restartAfterOutput(chunk, 'output');
        this.#isOpen = false;
        return nothing;
      case 'error':
        throw errorFromFacts(chunk.error);
      default:
        return nothing;
    }
  }

  get reason(): ChatFinishReason {
    if (this.#toolCalls > 0 && this.#reason !== 'length') return 'tool_calls';
    switch (this.#reason) {
      case 'length':
      case 'limit':
        return 'length';
      case 'content-filter':
        return 'content_filter';
      default:
        return 'stop';
    }
  }

  /** None where it is not known: zeros would be taken for known ones. */
  get usage(): ChatUsage | undefined {
    const usage = this.#usage;
    if (!usage) return undefined;
    return {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      ...(usage.cachedInputTokens !== undefined && {
        prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
      }),
      ...(usage.thinkingTokens !== undefined && {
        completion_tokens_details: { reasoning_tokens: usage.thinkingTokens },
      }),
    };
  }

  #write(...deltas: readonly ChatDelta[]): readonly ChatDelta[] {
    this.#hasWritten = true;
    return deltas;
  }

  /** What two rounds say is set apart. */
  #text(text: string): string {
    const isApart = this.#textCall !== 0 && this.#textCall !== this.#call;
    this.#textCall = this.#call;
    return isApart ? `\n\n${text}` : text;
  }

  #think(place: string, text: string): readonly ChatDelta[] {
    const isApart = this.#thinkingPlace !== '' && this.#thinkingPlace !== place;
    this.#thinkingPlace = place;
    return this.#write({ reasoning_content: isApart ? `\n\n${text}` : text });
  }

  #announce(block: number, id: string, name: string): readonly ChatDelta[] {
    if (this.#isAgent || !this.#tools.has(name)) return nothing;
    const index = this.#toolCalls++;
    this.#shown.set(block, { index, hasArguments: false });
    return this.#write(toDelta({ index, id, type: 'function', function: { name, arguments: '' } }));
  }

  #addArguments(block: number, text: string): readonly ChatDelta[] {
    const shown = this.#shown.get(block);
    if (!shown || text === '') return nothing;
    shown.hasArguments = true;
    return this.#write(toDelta({ index: shown.index, function: { arguments: text } }));
  }

  /** Not every provider tells arguments piece by piece. */
  #close(block: number, text: string): readonly ChatDelta[] {
    return this.#shown.get(block)?.hasArguments === false ? this.#addArguments(block, text) : nothing;
  }

  /** A call that an agent leaves to the client. */
  #handOver({ toolCallId: id, toolName: name, arguments: args }: ToolCallPart): readonly ChatDelta[] {
    if (!this.#tools.has(name)) return nothing;
    const call = { name, arguments: JSON.stringify(args) };
    return this.#write(toDelta({ index: this.#toolCalls++, id, type: 'function', function: call }));
  }

  #tellRun(id: string, name: string, result: unknown): readonly ChatDelta[] {
    if (!this.#showToolRuns) return nothing;
    const text = typeof result === 'string' ? result : JSON.stringify(result);
    return this.#think(`${this.#call} run of ${id}`, `${name}(${this.#runs.get(id) ?? ''}) → ${text}`);
  }
}

function toDelta(call: ChatToolCallDelta): ChatDelta {
  return { tool_calls: [call] };
}
