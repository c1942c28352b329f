import type { StreamChunk, ToolCallInvalidChunk } from './chunk.ts';
import type {
  AssistantMessage,
  AssistantPart,
  InvalidToolCallPart,
  PartialResponse,
  Signature,
  Source,
  ThinkingKind,
  ToolCallPart,
} from './message.ts';
import type { Usage } from './usage.ts';

/** One content block while it grows. `part` is what it is worth now, kept until the next change. */
interface Block {
  readonly type: 'text' | 'refusal' | 'thinking' | 'tool-call' | 'tool-result';
  text: string;
  kind?: ThinkingKind;
  sources?: Source[];
  signature?: Signature;
  toolCallId?: string;
  toolName?: string;
  /** The complete call or result, once there is one. */
  whole?: AssistantPart;
  part?: AssistantPart | undefined;
}

/**
 * Reduces the chunks of a model call to one assistant message.
 *
 * Strings only ever grow at their end, so that a chunk costs the same however long the answer is. The next
 * `start` begins a new message, `restart` drops one that has not finished. Chunks of tools that run here are not part of it.
 *
 * @example
 * ```ts
 * const response = new ResponseBuilder();
 * chunks.forEach((chunk) => response.add(chunk));
 * const history = [...messages, response.message];
 * ```
 */
export class ResponseBuilder {
  #blocks: Block[] = [];
  #usage: Usage | undefined;
  #hasEnded = false;

  /** Takes one more chunk. */
  add(chunk: StreamChunk): void {
    switch (chunk.type) {
      case 'restart':
        // Behind a finish it is the next call, not yet begun, that is tried again.
        if (!this.#hasEnded) this.#drop();
        break;
      case 'start':
        this.#drop();
        break;
      case 'text-delta':
        this.#grow('text', chunk.block, chunk.text);
        break;
      case 'refusal-delta':
        this.#grow('refusal', chunk.block, chunk.text);
        break;
      case 'thinking-delta':
        this.#grow('thinking', chunk.block, chunk.text).kind ??= chunk.kind;
        break;
      case 'thinking-signature':
        this.#at('thinking', chunk.block).signature = { format: chunk.format, data: chunk.data };
        break;
      case 'tool-call-start': {
        const block = this.#at('tool-call', chunk.block);
        block.toolCallId = chunk.toolCallId;
        block.toolName = chunk.toolName;
        break;
      }
      case 'tool-call-delta':
        this.#grow('tool-call', chunk.block, chunk.argumentsDelta);
        break;
      case 'tool-call':
      case 'tool-call-invalid': {
        const { block, ...whole } = chunk;
        this.#at('tool-call', block).whole = whole;
        break;
      }
      case 'tool-result':
        if (chunk.block !== undefined) {
          const { block, durationMs: _, ...whole } = chunk;
          this.#at('tool-result', block).whole = whole;
        }
        break;
      case 'source': {
        const { type: _, block, ...source } = chunk;
        (this.#at('text', block).sources ??= []).push(source);
        break;
      }
      case 'usage':
        this.#usage = chunk.usage;
        break;
      case 'finish':
        this.#usage = chunk.usage ?? this.#usage;
        this.#hasEnded = true;
        break;
      default:
    }
  }

  /** The latest usage; marked `partial` while the call has not finished. */
  get usage(): Usage | undefined {
    return this.#usage && !this.#hasEnded ? { ...this.#usage, partial: true } : this.#usage;
  }

  /** The message so far. Parts that have not changed since the last look are the same objects. */
  get message(): AssistantMessage {
    return {
      role: 'assistant',
      content: this.#blocks.map((block) => (block.part ??= toPart(block))).filter(isWorth),
    };
  }

  /** The message so far with what is most often wanted of it. */
  get partial(): PartialResponse {
    const { message, usage } = this;
    const toolCalls: ToolCallPart[] = [];
    const invalidToolCalls: InvalidToolCallPart[] = [];
    let text = '';
    let thinking = '';
    let refusal = '';

    for (const part of message.content as readonly AssistantPart[]) {
      if (part.type === 'text') text += part.text;
      else if (part.type === 'refusal') refusal += part.text;
      else if (part.type === 'tool-call') toolCalls.push(part);
      else if (part.type === 'tool-call-invalid') invalidToolCalls.push(part);
      else if (part.type === 'thinking' && part.text !== '') {
        thinking += thinking === '' ? part.text : `\n\n${part.text}`;
      }
    }
    return { text, thinking, refusal, toolCalls, invalidToolCalls, ...(usage && { usage }), message };
  }

  /** The tool calls that have begun and not been closed, as the chunks that close them. */
  get openToolCalls(): readonly ToolCallInvalidChunk[] {
    return this.#blocks.flatMap((block, index) => {
      if (block.type !== 'tool-call' || block.whole) return [];
      return [{ ...toOpenCall(block), block: index }];
    });
  }

  #drop(): void {
    this.#blocks = [];
    this.#usage = undefined;
    this.#hasEnded = false;
  }

  #at(type: Block['type'], index: number): Block {
    const block = (this.#blocks[index] ??= { type, text: '' });
    block.part = undefined;
    return block;
  }

  #grow(type: Block['type'], index: number, text: string): Block {
    const block = this.#at(type, index);
    block.text += text;
    return block;
  }
}

function toPart(block: Block): AssistantPart {
  const { type, text, kind = 'thinking', sources, signature, whole } = block;
  const signed = signature && { signature };

  switch (type) {
    case 'text':
      return { type, text, ...(sources && { sources: [...sources] }), ...signed };
    case 'refusal':
      return { type, text };
    case 'thinking':
      return { type, text, kind, ...signed };
    default:
      return whole ? { ...whole, ...signed } : toOpenCall(block);
  }
}

function toOpenCall({ text, toolCallId = '', toolName = '' }: Block): InvalidToolCallPart {
  return { type: 'tool-call-invalid', toolCallId, toolName, argumentsText: text, reason: 'incomplete' };
}

/** Empty blocks, which Anthropic sends, cannot be sent back; a signature alone can, and must. */
function isWorth(part: AssistantPart): boolean {
  return !('text' in part) || part.text !== '' || 'signature' in part;
}
