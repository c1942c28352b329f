import type { FinishChunk, FinishReason } from '../../src/chunk.ts';
import type { Source } from '../../src/message.ts';
import type { Usage } from '../../src/usage.ts';
import { Blocks } from '../wire/blocks.ts';
import type { CallFacts, Emit, EventMapper } from '../wire/streamCall.ts';
import { toUsage, type WireCounts } from '../wire/usage.ts';
import { inBandError } from '../wire/wireError.ts';
import { wordTable } from '../wire/words.ts';
import { signatureFormat } from './messages.ts';
import { cutsOff, ToolCalls } from './toolCalls.ts';
import type {
  WireEvent,
  WireMessage,
  WireFacts,
  WireDelta,
  WireUsage,
  WireContent,
  WireCitation,
} from './wire.ts';

const reasons = wordTable<FinishReason>({
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
  pause_turn: 'pause',
});

/** Maps the events of the Messages API, and the whole message that answers a request with `stream: false`. */
export function mapEvents(emit: Emit, facts: CallFacts): EventMapper {
  return new MessagesMapper(emit, facts);
}

/** A block that has begun; its number is taken when it first has something to show. */
interface OpenBlock {
  readonly type: string | undefined;
  number: number | undefined;
}

class MessagesMapper implements EventMapper {
  readonly #emit: Emit;
  readonly #facts: CallFacts;
  readonly #numbers = new Blocks();
  readonly #calls: ToolCalls;
  readonly #open = new Map<number, OpenBlock>();
  readonly #metadata: Record<string, unknown> = {};
  #started = false;
  #hasContent = false;
  #rawReason: string | undefined;
  #rawUsage: WireUsage = {};
  #usage: Usage | undefined;

  constructor(emit: Emit, facts: CallFacts) {
    this.#emit = emit;
    this.#facts = facts;
    this.#calls = new ToolCalls(this.#numbers, emit, facts.maxEventLength);
  }

  start(event: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { provider, model, requestId } = this.#facts;
    const { type, message } = (event ?? {}) as WireEvent;
    const wire = type === 'message' ? (event as WireMessage) : message;
    const answering = wire?.model ?? '';

    this.#emit({
      type: 'start',
      provider,
      model: answering === '' ? model : answering,
      ...(wire?.id && { responseId: wire.id }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  event(data: unknown, eventName?: string): boolean {
    const event = data as WireEvent;
    const { index } = event;
    // `message` is also what SSE calls an event without a name.
    const type = event.type ?? (eventName === 'message' ? undefined : eventName);
    if (type === 'error' || eventName === 'error' || event.error) throw inBandError(event);

    switch (type) {
      // Nearly all are this one.
      case 'content_block_delta':
        this.start(undefined);
        this.#readDelta(index ?? 0, event.delta ?? {});
        return false;
      case 'message':
        this.start(event);
        this.#readMessage(data as WireMessage);
        return true;
      case 'message_start':
        this.start(event);
        // It comes twice from some gateways; what it holds is the same.
        this.#readMessage(event.message ?? {});
        return false;
      case 'content_block_start':
        this.start(undefined);
        this.#startBlock(index ?? 0, event.content_block ?? {});
        return false;
      case 'content_block_stop':
        this.#calls.stop(index ?? 0);
        return false;
      case 'message_delta':
        this.start(undefined);
        this.#readFacts({ ...event.delta, context_management: event.context_management });
        this.#readUsage(event.usage);
        return false;
      default:
        return type === 'message_stop';
    }
  }

  finish(atSentinel: boolean): FinishChunk | undefined {
    const raw = this.#rawReason;
    if (raw === undefined && !atSentinel) return undefined;
    this.start(undefined);
    this.#calls.end(raw);

    return {
      type: 'finish',
      reason: this.#toReason(raw),
      ...(raw !== undefined && { rawReason: raw }),
      ...(this.#usage && { usage: this.#usage }),
      metadata: this.#metadata,
    };
  }

  /** A whole message, or its head. After code that calls tools the head holds all of the message. */
  #readMessage(message: WireMessage): void {
    const content = this.#hasContent ? [] : (message.content ?? []);
    this.#hasContent ||= content.length > 0;
    const isCut = cutsOff(message.stop_reason);

    for (const [index, block] of content.entries()) {
      if (block.type?.endsWith('tool_use'))
        this.#calls.addWhole(block, isCut && index === content.length - 1);
      else this.#startBlock(index, block);
    }
    this.#readFacts(message);
    this.#readUsage(message.usage);
  }

  #startBlock(index: number, content: WireContent): OpenBlock {
    const { type = '' } = content;
    const block: OpenBlock = { type, number: undefined };
    this.#open.set(index, block);
    this.#hasContent = true;
    this.#calls.settle();

    if (type === 'text') {
      for (const citation of content.citations ?? []) this.#source(block, citation);
      this.#text(block, content.text);
    } else if (type === 'thinking') {
      this.#thinking(block, content.thinking);
      this.#signature(block, content.signature);
    } else if (type === 'redacted_thinking') {
      const data = { type, data: content.data ?? '' };
      this.#emit({ type: 'thinking-signature', block: this.#numberOf(block), format: signatureFormat, data });
    } else if (type.endsWith('tool_use')) {
      this.#calls.start(index, content);
    } else if (type.endsWith('_tool_result')) {
      this.#toolResult(block, content);
    }
    return block;
  }

  #readDelta(index: number, delta: WireDelta): void {
    switch (delta.type) {
      case 'text_delta':
        this.#text(this.#blockAt(index, 'text'), delta.text);
        break;
      case 'citations_delta':
        if (delta.citation) this.#source(this.#blockAt(index, 'text'), delta.citation);
        break;
      case 'thinking_delta':
        this.#thinking(this.#blockAt(index, 'thinking'), delta.thinking);
        break;
      case 'signature_delta':
        this.#signature(this.#blockAt(index, 'thinking'), delta.signature);
        break;
      case 'input_json_delta':
        this.#calls.add(index, delta.partial_json ?? '');
        break;
      default:
    }
  }

  /** The block of a delta, a new one where its start was lost; none where its type is another. */
  #blockAt(index: number, type: string): OpenBlock | undefined {
    const block = this.#open.get(index) ?? this.#startBlock(index, { type });
    return block.type === type ? block : undefined;
  }

  #numberOf(block: OpenBlock): number {
    return (block.number ??= this.#numbers.next());
  }

  #text(block: OpenBlock | undefined, text: string | null | undefined): void {
    if (block && text) this.#emit({ type: 'text-delta', text, block: this.#numberOf(block) });
  }

  /** A summary, or the model's own words: the wire does not tell which. */
  #thinking(block: OpenBlock | undefined, text: string | null | undefined): void {
    if (!block || !text) return;
    this.#emit({ type: 'thinking-delta', text, block: this.#numberOf(block), kind: 'thinking' });
  }

  #signature(block: OpenBlock | undefined, signature: string | null | undefined): void {
    if (!block || !signature) return;
    const data = { type: 'thinking', signature };
    this.#emit({ type: 'thinking-signature', block: this.#numberOf(block), format: signatureFormat, data });
  }

  #source(block: OpenBlock | undefined, citation: WireCitation): void {
    if (block) this.#emit({ type: 'source', block: this.#numberOf(block), ...toSource(citation) });
  }

  #toolResult(block: OpenBlock, content: WireContent): void {
    const toolCallId = content.tool_use_id ?? '';
    const inner = (content.content ?? {}) as { readonly type?: unknown };

    this.#emit({
      type: 'tool-result',
      toolCallId,
      toolName: this.#calls.nameOf(toolCallId) ?? String(content.type).replace(/_tool_result$/, ''),
      result: content,
      isError: content.is_error === true || String(inner.type).endsWith('_error'),
      durationMs: 0,
      providerExecuted: true,
      block: this.#numberOf(block),
    });
  }

  #readFacts(facts: WireFacts): void {
    if (facts.stop_reason) this.#rawReason = facts.stop_reason;
    this.#tell('stopSequence', facts.stop_sequence);
    this.#tell('stopDetails', facts.stop_details);
    this.#tell('container', facts.container);
    this.#tell('contextManagement', facts.context_management);
    this.#tell('diagnostics', facts.diagnostics);
  }

  #tell(name: string, value: unknown): void {
    if (value !== null && value !== undefined) this.#metadata[name] = value;
  }

  /** The later count replaces the earlier one; one that is null or missing says nothing. */
  #readUsage(usage: WireUsage | null | undefined): void {
    const told = Object.entries(usage ?? {}).filter(([, value]) => value !== null && value !== undefined);
    if (told.length === 0) return;
    this.#rawUsage = { ...this.#rawUsage, ...(Object.fromEntries(told) as WireUsage) };
    this.#tell('serviceTier', this.#rawUsage.service_tier);
    this.#usage = toUsage(readCounts(this.#rawUsage), this.#rawUsage);
    this.#emit({ type: 'usage', usage: this.#usage });
  }

  /** Gateways say `end_turn` after a tool call too. */
  #toReason(raw: string | undefined): FinishReason {
    const reason = raw === undefined ? 'other' : (reasons[raw] ?? 'other');
    return reason === 'stop' && this.#calls.hasOwn ? 'tool-calls' : reason;
  }
}

/** Anthropic counts the tokens of the cache apart. */
function readCounts(raw: WireUsage): WireCounts {
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: written } = raw;

  return {
    inputTokens: (raw.input_tokens ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: raw.output_tokens,
    thinkingTokens: raw.output_tokens_details?.thinking_tokens,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
  };
}

/** A page, a place in a document or a result of a search. Only characters make a span; `raw` has pages and blocks. */
function toSource(citation: WireCitation): Source {
  const url = citation.url ?? citation.source;
  const title = citation.title ?? citation.document_title;
  const { start_char_index: start, end_char_index: end } = citation;

  return {
    ...(url != null && { url }),
    ...(title != null && { title }),
    ...(start != null && end != null && { span: { start, end } }),
    raw: citation,
  };
}
