import type { FinishChunk, FinishReason } from '../../src/chunk.ts';
import type { Usage } from '../../src/usage.ts';
import { Blocks } from '../wire/blocks.ts';
import { type CallFacts, type Emit, type EventMapper } from '../wire/streamCall.ts';
import { toUsage } from '../wire/usage.ts';
import { inBandError } from '../wire/wireError.ts';
import { wordTable } from '../wire/words.ts';
import {
  type Answer,
  FunctionCallItem,
  MessageItem,
  type OutputItem,
  partKinds,
  type PartKind,
  type PartsItem,
  ReasoningItem,
} from './items.ts';
import { OpaqueItem, ServerCallItem, ServerOutputItem } from './serverItems.ts';
import type { WireEvent, WireResponse, WireUsage, WireItem } from './wire.ts';

/** The kind of part that an event repeats as a whole. */
const wholes = wordTable<PartKind>({
  'response.output_text.done': 'text',
  'response.refusal.done': 'refusal',
  'response.reasoning_text.done': 'thinking',
  'response.reasoning_summary_text.done': 'summary',
});

const incompleteReasons = wordTable<FinishReason>({
  max_output_tokens: 'length',
  max_tokens: 'length',
  length: 'length',
  content_filter: 'content-filter',
});

/** Maps the events of Responses, or a whole response, of OpenAI and of every server that speaks like it. */
export function mapEvents(emit: Emit, facts: CallFacts): EventMapper {
  return new ResponseMapper(emit, facts);
}

/** Items are told apart by their place in the output, never by their ids: GitHub Copilot changes those on every event. */
class ResponseMapper implements EventMapper {
  readonly #emit: Emit;
  readonly #facts: CallFacts;
  readonly #answer: Answer;
  readonly #items: OutputItem[] = [];
  readonly #byIndex = new Map<number, OutputItem>();
  readonly #metadata: Record<string, unknown> = {};
  #latest = 0;
  #started = false;
  #rawReason: string | undefined;
  #incompleteReason: string | undefined;
  #usage: Usage | undefined;

  constructor(emit: Emit, facts: CallFacts) {
    this.#emit = emit;
    this.#facts = facts;
    this.#answer = {
      // A stream that is resumed has no event that opens it.
      emit: (chunk) => {
        this.start(undefined);
        emit(chunk);
      },
      blocks: new Blocks(),
      maxLength: facts.maxEventLength ?? Infinity,
      isStored: false,
      hasText: false,
      hasRefusal: false,
      hasCalls: false,
      hasReasoning: false,
    };
  }

  start(event: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { provider, model, requestId } = this.#facts;
    const wire = event as WireEvent | undefined;
    const response = wire?.response ?? (wire && isWhole(wire) ? wire : undefined);
    const named = response?.model ?? '';

    this.#emit({
      type: 'start',
      provider,
      model: named === '' ? model : named,
      ...(response?.id && { responseId: response.id }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  event(data: unknown, eventName?: string): boolean {
    const event = data as WireEvent;
    if (isWhole(event)) {
      this.start(event);
      return this.#end(event, event.status ?? 'completed');
    }
    // OpenRouter and Bedrock send no event lines, so the data's own word comes first.
    const type = event.type ?? eventName ?? '';
    const isError = type === 'error' || eventName === 'error' || (event.type === undefined && event.error);
    if (isError) throw inBandError(event);
    if (event.response) {
      this.start(event);
      this.#answer.isStored = event.response.store === true;
    }

    switch (type) {
      // Nearly all are this one.
      case 'response.output_text.delta':
        this.#write(event, 'text');
        return false;
      case 'response.reasoning_summary_text.delta':
        this.#write(event, 'summary');
        return false;
      case 'response.reasoning_text.delta':
        this.#write(event, 'thinking');
        return false;
      case 'response.refusal.delta':
        this.#write(event, 'refusal');
        return false;
      case 'response.output_item.added':
        if (event.item) this.#add(this.#indexOf(event), event.item).begin(event.item);
        return false;
      case 'response.output_item.done':
        if (event.item) this.#at(event, itemClass(event.item.type ?? '')).end(event.item, false);
        return false;
      case 'response.content_part.done':
      case 'response.reasoning_summary_part.done':
        this.#fill(event, partKinds[event.part?.type ?? ''], event.part?.text ?? event.part?.refusal);
        return false;
      case 'response.output_text.annotation.added':
        if (event.annotation) this.#at(event, MessageItem).cite(event.content_index ?? 0, event.annotation);
        return false;
      case 'response.function_call_arguments.delta':
        this.#at(event, FunctionCallItem).write(event.delta);
        return false;
      case 'response.function_call_arguments.done':
        this.#at(event, FunctionCallItem).fill(event.arguments);
        return false;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.failed':
      case 'response.cancelled':
        return this.#end(event.response ?? {}, type.slice('response.'.length));
      default:
        this.#fill(event, wholes[type], event.text ?? event.refusal);
        return false;
    }
  }

  finish(atSentinel: boolean): FinishChunk | undefined {
    const raw = this.#rawReason;
    if (raw === undefined && !atSentinel) return undefined;
    this.start(undefined);
    for (const item of this.#items) item.end(undefined, raw !== 'completed');

    return {
      type: 'finish',
      reason: this.#toReason(raw),
      ...(raw !== undefined && { rawReason: raw }),
      ...(this.#usage && { usage: this.#usage }),
      metadata: this.#metadata,
    };
  }

  #write(event: WireEvent, kind: PartKind): void {
    this.#partsItem(event, kind).write(kind, partIndex(event), event.delta);
    if (event.logprobs && event.logprobs.length > 0) {
      ((this.#metadata['logprobs'] ??= []) as unknown[]).push(...event.logprobs);
    }
  }

  #fill(event: WireEvent, kind: PartKind | undefined, text: string | null | undefined): void {
    if (kind) this.#partsItem(event, kind).fill(kind, partIndex(event), text);
  }

  #partsItem(event: WireEvent, kind: PartKind): PartsItem {
    return this.#at<PartsItem>(event, kind === 'text' || kind === 'refusal' ? MessageItem : ReasoningItem);
  }

  #indexOf(event: WireEvent): number {
    return (this.#latest = event.output_index ?? this.#latest);
  }

  /** The item at the place that the event names; a resumed stream may begin in the middle of one. */
  #at<T extends OutputItem>(event: WireEvent, Item: new (answer: Answer) => T): T {
    const index = this.#indexOf(event);
    const known = this.#byIndex.get(index);
    return known instanceof Item ? known : this.#place(index, new Item(this.#answer));
  }

  /** The item that a server announces: a new one, be it at the place of another, unless pieces of it came before. */
  #add(index: number, { type }: WireItem): OutputItem {
    const Item = itemClass(type ?? '');
    const known = this.#byIndex.get(index);
    return known instanceof Item && known.isFound ? known : this.#place(index, new Item(this.#answer));
  }

  #place<T extends OutputItem>(index: number, item: T): T {
    this.#byIndex.set(index, item);
    this.#items.push(item);
    return item;
  }

  #end(response: WireResponse, word: string): boolean {
    const { status, incomplete_details: details, usage } = response;
    const raw = status && status !== 'in_progress' && status !== 'queued' ? status : word;
    this.#answer.isStored = response.store === true;
    if (raw !== 'failed') this.#readOutput(response.output ?? [], raw !== 'completed');
    if (usage) this.#readUsage(usage);
    if (raw === 'failed') throw inBandError({ error: response.error ?? 'The response failed' });

    this.#rawReason = raw;
    if (details?.reason) this.#metadata['incompleteReason'] = this.#incompleteReason = details.reason;
    if (response.service_tier) this.#metadata['serviceTier'] = response.service_tier;
    if (response.content_filters) this.#metadata['contentFilters'] = response.content_filters;
    return true;
  }

  /**
   * ChatGPT's server leaves the final output empty, so what was streamed counts. The output is read where nothing
   * was streamed, and for items that the stream left open.
   */
  #readOutput(output: readonly WireItem[], cutOff: boolean): void {
    const isNews = this.#items.length === 0;
    for (const [index, item] of output.entries()) {
      const known = isNews ? this.#add(index, item) : this.#byIndex.get(index);
      if (known instanceof itemClass(item.type ?? '')) {
        known.end(item, cutOff && item.status !== 'completed');
      }
    }
  }

  #readUsage(raw: WireUsage): void {
    const usage = toUsage(
      {
        inputTokens: raw.input_tokens,
        outputTokens: raw.output_tokens,
        totalTokens: raw.total_tokens,
        thinkingTokens: raw.output_tokens_details?.reasoning_tokens,
        cachedInputTokens: raw.input_tokens_details?.cached_tokens,
        cacheWriteTokens: raw.input_tokens_details?.cache_write_tokens,
      },
      raw,
    );
    this.#usage = usage;
    this.#answer.emit({ type: 'usage', usage });
  }

  #toReason(raw: string | undefined): FinishReason {
    const { hasCalls, hasRefusal, hasText } = this.#answer;
    switch (raw) {
      case 'completed':
        if (hasCalls) return 'tool-calls';
        return hasRefusal && !hasText ? 'refusal' : 'stop';
      case 'incomplete':
        return incompleteReasons[this.#incompleteReason ?? ''] ?? 'other';
      case 'cancelled':
        return 'aborted';
      default:
        return 'other';
    }
  }
}

/** The class of items of a type. */
function itemClass(type: string): new (answer: Answer) => OutputItem {
  switch (type) {
    case 'message':
      return MessageItem;
    case 'reasoning':
      return ReasoningItem;
    case 'function_call':
      return FunctionCallItem;
    default:
      if (/_(call|request)$/.test(type)) return ServerCallItem;
      return type.endsWith('_output') ? ServerOutputItem : OpaqueItem;
  }
}

/** The answer to a request with `stream: false`. */
function isWhole(event: WireEvent): boolean {
  return event.type === undefined && (event.object === 'response' || Array.isArray(event.output));
}

function partIndex(event: WireEvent): number {
  return event.summary_index ?? event.content_index ?? 0;
}
