import type { ChunkOf, StreamChunk, ToolCallInvalidChunk } from './chunk.ts';
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

/** The chunks that belong to a block of the answer. */
type BlockChunk = Extract<StreamChunk, { readonly block?: number }>;

/** One content block while it grows. */
interface Block {
  readonly type: 'text' | 'refusal' | 'thinking' | 'tool';
  text: string;
  /** What is not in `text` yet. */
  pieces: string[];
  kind?: ThinkingKind;
  sources?: Source[];
  signature?: Signature;
  /** Of a tool: its announcement, then the complete call or result. */
  tool?: ChunkOf<'tool-call-start' | 'tool-call' | 'tool-call-invalid' | 'tool-result'>;
  /** What the block is worth now, kept until the next change. */
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
    if ('block' in chunk) {
      this.#addToBlock(chunk);
      return;
    }
    switch (chunk.type) {
      case 'start':
      case 'restart':
        // A restart behind a finish is that of the next call, which has not begun.
        if (chunk.type === 'restart' && this.#hasEnded) break;
        this.#blocks = [];
        this.#usage = undefined;
        this.#hasEnded = false;
        break;
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
    const joined = { text: '', thinking: '', refusal: '' };

    for (const part of message.content as readonly AssistantPart[]) {
      if (part.type === 'tool-call') toolCalls.push(part);
      else if (part.type === 'tool-call-invalid') invalidToolCalls.push(part);
      else if ('text' in part && part.text) {
        joined[part.type] += part.type === 'thinking' && joined.thinking ? `\n\n${part.text}` : part.text;
      }
    }
    return { ...joined, toolCalls, invalidToolCalls, ...(usage && { usage }), message };
  }

  /** The tool calls that have begun and not been closed, as the chunks that close them. */
  get openToolCalls(): readonly ToolCallInvalidChunk[] {
    return this.#blocks.flatMap((open, block) =>
      open.tool?.type === 'tool-call-start' ? [{ ...toOpenCall(open.tool, textOf(open)), block }] : [],
    );
  }

  #addToBlock(chunk: BlockChunk): void {
    if (chunk.block === undefined) return;
    const block = (this.#blocks[chunk.block] ??= { type: toBlockType(chunk.type), text: '', pieces: [] });
    block.part = undefined;
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
      case 'thinking-delta':
      case 'tool-call-delta':
        grow(block, 'text' in chunk ? chunk.text : chunk.argumentsDelta);
        if ('kind' in chunk) block.kind ??= chunk.kind;
        break;
      case 'thinking-signature':
        block.signature = { format: chunk.format, data: chunk.data };
        break;
      case 'source': {
        const { type: _, ...source } = toContent(chunk);
        (block.sources ??= []).push(source);
        break;
      }
      default:
        block.tool = chunk;
    }
  }
}

/**
 * Adds a piece to the text of a block.
 *
 * Added one by one, each would be held with a node of the engine's tree of strings, several times its own size.
 */
function grow(block: Block, piece: string): void {
  if (block.pieces.push(piece) === 256) textOf(block);
}

function textOf(block: Block): string {
  block.text += block.pieces.join('');
  block.pieces = [];
  return block.text;
}

/** A source may come before the text that cites it. */
function toBlockType(type: BlockChunk['type']): Block['type'] {
  return (type === 'source' ? 'text' : type.split('-', 1)[0]) as Block['type'];
}

function toPart(block: Block): AssistantPart {
  const { type, kind = 'thinking', sources, signature, tool } = block;
  const text = textOf(block);
  const part = tool
    ? toToolPart(tool, text)
    : {
        type,
        text,
        ...(type === 'thinking' && { kind }),
        ...(sources && { sources: [...sources] }),
      };

  return (signature ? { ...part, signature } : part) as AssistantPart;
}

function toToolPart(tool: NonNullable<Block['tool']>, text: string): AssistantPart {
  return tool.type === 'tool-call-start' ? toOpenCall(tool, text) : (toContent(tool) as AssistantPart);
}

/**
 * A chunk without its place, its times and its id in a log: a message has none.
 *
 * `at` is that of `stampTime`, `eventId` that of a replay log.
 */
function toContent<T>(chunk: T): Omit<T, 'block' | 'durationMs'> {
  const {
    block: _,
    durationMs: __,
    at: ___,
    eventId: ____,
    ...content
  } = chunk as T & Record<string, unknown>;
  return content as Omit<T, 'block' | 'durationMs'>;
}

function toOpenCall({ toolCallId, toolName }: ChunkOf<'tool-call-start'>, text: string): InvalidToolCallPart {
  return { type: 'tool-call-invalid', toolCallId, toolName, argumentsText: text, reason: 'incomplete' };
}

/** Empty blocks, which Anthropic sends, cannot be sent back; a signature alone can, and must. */
function isWorth(part: AssistantPart): boolean {
  return !('text' in part) || part.text !== '' || 'signature' in part;
}
