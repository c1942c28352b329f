import type { FinishChunk, FinishReason } from '../../src/chunk.ts';
import type { JsonValue } from '../../src/json.ts';
import type { Source } from '../../src/message.ts';
import type { Usage } from '../../src/usage.ts';
import { Blocks } from '../wire/blocks.ts';
import { type CallFacts, type Emit, type EventMapper } from '../wire/streamCall.ts';
import { toUsage } from '../wire/usage.ts';
import { inBandError } from '../wire/wireError.ts';
import { wordTable } from '../wire/words.ts';
import { signatureFormat } from './request.ts';
import { ToolCallAssembler } from './toolCalls.ts';
import type {
  WireEvent,
  WireChoice,
  WireDelta,
  WireContentPart,
  WireReasoningDetail,
  WireAnnotation,
  WireUsage,
  WireToolCall,
} from './wire.ts';

const reasons = wordTable<FinishReason>({
  stop: 'stop',
  eos: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  refusal: 'refusal',
});

/** Maps the events of Chat Completions, of OpenAI and of every server that speaks like it. Only choice 0 is read. */
export function mapEvents(emit: Emit, facts: CallFacts): EventMapper {
  return new ChatMapper(emit, facts);
}

class ChatMapper implements EventMapper {
  readonly #emit: Emit;
  readonly #facts: CallFacts;
  readonly #blocks = new Blocks();
  readonly #calls: ToolCallAssembler;
  readonly #metadata: Record<string, unknown> = {};
  readonly #details: WireReasoningDetail[] = [];
  #started = false;
  #rawReason: string | undefined;
  #usage: Usage | undefined;
  #thinkingField: 'reasoning_content' | 'reasoning' | undefined;
  #thinkingBlock: number | undefined;
  #textBlock: number | undefined;
  #refused = false;
  readonly #annotated: Source[] = [];
  /** The latest event with a list of sources: Perplexity repeats all of them on every event. */
  #listing: WireEvent | undefined;

  constructor(emit: Emit, facts: CallFacts) {
    this.#emit = emit;
    this.#facts = facts;
    this.#calls = new ToolCallAssembler(this.#blocks, emit, facts.maxEventLength);
  }

  start(event: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { provider, model, requestId } = this.#facts;
    const wire = event as WireEvent | undefined;

    this.#emit({
      type: 'start',
      provider,
      model,
      ...(wire?.model && { model: wire.model }),
      ...(wire?.id && { responseId: wire.id }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  event(data: unknown): boolean {
    const event = data as WireEvent;
    const choice = event.choices?.find((candidate) => (candidate.index ?? 0) === 0);
    // Azure and Copilot open with an event of empty fields.
    if (choice || event.id) this.start(event);
    if (choice) this.#readChoice(choice);
    this.#readFacts(event);
    const usage = event.usage ?? event.x_groq?.usage ?? choice?.usage;
    if (usage) this.#readUsage(usage);
    const error = event.error ?? event.x_groq?.error;
    if (error) throw inBandError(event.error ? event : { error });

    return choice?.message != null && choice.delta == null;
  }

  finish(atSentinel: boolean): FinishChunk | undefined {
    const raw = this.#rawReason;
    if (raw === undefined && !atSentinel) return undefined;
    this.start(undefined);
    this.#emitSignature();
    this.#calls.end(raw !== undefined && reasons[raw] === 'length');
    if (this.#textBlock !== undefined) {
      const sources = this.#listing ? toSources(this.#listing) : this.#annotated;
      for (const source of sources) this.#emit({ type: 'source', block: this.#textBlock, ...source });
    }

    return {
      type: 'finish',
      reason: this.#toReason(raw),
      ...(raw !== undefined && { rawReason: raw }),
      ...(this.#usage && { usage: this.#usage }),
      metadata: this.#metadata,
    };
  }

  #readChoice(choice: WireChoice): void {
    // Perplexity and Writer send a whole `message` beside each `delta`.
    const delta = choice.delta ?? choice.message;
    if (delta) {
      this.#readThinking(delta);
      const { content, refusal, tool_calls: toolCalls, annotations } = delta;
      if (typeof content === 'string') this.#text(content);
      else if (content) this.#readParts(content);
      if (refusal) {
        this.#refused = true;
        this.#emit({ type: 'refusal-delta', text: refusal, block: this.#blocks.of('refusal') });
      }
      if (toolCalls && toolCalls.length > 0) this.#readToolCalls(toolCalls);
      if (annotations) this.#readAnnotations(annotations);
    }
    if (choice.finish_reason) this.#rawReason = choice.finish_reason;
    if (choice.logprobs?.content) {
      ((this.#metadata['logprobs'] ??= []) as unknown[]).push(...choice.logprobs.content);
    }
    const stop = choice.stop_reason ?? choice.matched_stop;
    if (stop !== undefined && stop !== null) this.#metadata['stopSequence'] = stop;
    if (choice.native_finish_reason) this.#metadata['nativeFinishReason'] = choice.native_finish_reason;
  }

  #text(text: string): void {
    if (text === '') return;
    const block = (this.#textBlock = this.#blocks.of('text'));
    this.#emit({ type: 'text-delta', text, block });
  }

  #thinking(text: string): void {
    if (text === '') return;
    const block = (this.#thinkingBlock = this.#blocks.of('thinking'));
    this.#emit({ type: 'thinking-delta', text, block, kind: 'thinking' });
  }

  /** Mistral's content is an array while the model thinks. */
  #readParts(parts: readonly WireContentPart[]): void {
    for (const part of parts) {
      if (typeof part.text === 'string') this.#text(part.text);
      else if (typeof part.thinking === 'string') this.#thinking(part.thinking);
      else for (const piece of part.thinking ?? []) this.#thinking(piece.text ?? '');
    }
  }

  /** OpenRouter and others repeat in `reasoning_details` what `reasoning` says; Snowflake says it only there. */
  #readThinking({ reasoning_content: content, reasoning, reasoning_details: details }: WireDelta): void {
    if (content) {
      this.#thinkingField = 'reasoning_content';
      this.#thinking(content);
    } else if (typeof reasoning === 'string' && reasoning !== '') {
      this.#thinkingField ??= 'reasoning';
      this.#thinking(reasoning);
    }
    for (const detail of details ?? []) this.#readDetail(detail);
  }

  #readDetail(detail: WireReasoningDetail): void {
    const text = detail['text'] ?? detail['summary'];
    if (this.#thinkingField === undefined && typeof text === 'string') this.#thinking(text);
    const last = this.#details.at(-1);
    // The pieces of one detail come one by one; only whole ones may be sent back.
    if (
      last &&
      last.type === detail.type &&
      last.index === detail.index &&
      detail.type !== 'reasoning.encrypted'
    ) {
      const joined = ['text', 'summary', 'signature']
        .filter((name) => typeof detail[name] === 'string')
        .map((name) => [name, ((last[name] as string | null | undefined) ?? '') + (detail[name] as string)]);
      Object.assign(last, Object.fromEntries(joined));
    } else {
      this.#details.push({ ...detail });
    }
  }

  /** What the server wants back: signed or encrypted details, or DeepSeek's thinking between tool calls. */
  #emitSignature(): void {
    const isSigned = this.#details.some((detail) => Boolean(detail['signature'] ?? detail['data']));
    const isNeeded = this.#thinkingField !== undefined && this.#calls.count > 0;
    if (!isSigned && !isNeeded) return;

    this.#emit({
      type: 'thinking-signature',
      block: this.#thinkingBlock ?? this.#blocks.next(),
      format: signatureFormat,
      data: isSigned
        ? { reasoning_details: this.#details as JsonValue }
        : { field: this.#thinkingField as string },
    });
  }

  #readToolCalls(pieces: readonly WireToolCall[]): void {
    const blocks = this.#calls.add(pieces);
    for (const [position, piece] of pieces.entries()) {
      const block = blocks[position];
      // Gemini's thought signature; the next request fails without it.
      if (piece.extra_content && block !== undefined) {
        const data = { extra_content: piece.extra_content as JsonValue };
        this.#emit({ type: 'thinking-signature', block, format: signatureFormat, data });
      }
    }
  }

  #readAnnotations(annotations: readonly WireAnnotation[]): void {
    for (const { url_citation: citation } of annotations) {
      if (!citation) continue;
      this.#annotated.push(toSource(citation.url, citation.title, citation.start_index, citation.end_index));
    }
  }

  #readFacts(event: WireEvent): void {
    if (event.system_fingerprint) this.#metadata['systemFingerprint'] = event.system_fingerprint;
    if (event.service_tier) this.#metadata['serviceTier'] = event.service_tier;
    if (event.timings) this.#metadata['timings'] = event.timings;
    if (event.search_results ?? event.citations) this.#listing = event;
  }

  #readUsage(raw: WireUsage): void {
    const usage = toUsage(
      {
        inputTokens: raw.prompt_tokens,
        outputTokens: raw.completion_tokens,
        totalTokens: raw.total_tokens,
        thinkingTokens: raw.completion_tokens_details?.reasoning_tokens,
        cachedInputTokens: raw.prompt_tokens_details?.cached_tokens ?? raw.prompt_cache_hit_tokens,
        cacheWriteTokens: raw.prompt_tokens_details?.cache_write_tokens,
      },
      raw,
    );
    this.start(undefined);
    this.#usage = usage;
    this.#emit({ type: 'usage', usage });
  }

  /** OpenAI says `stop` after a forced tool call, and gives no word of its own for a refusal. */
  #toReason(raw: string | undefined): FinishReason {
    const reason = raw === undefined ? 'other' : (reasons[raw] ?? 'other');
    if (reason !== 'stop') return reason;
    if (this.#calls.count > 0) return 'tool-calls';
    return this.#refused ? 'refusal' : 'stop';
  }
}

function toSources({ search_results: results, citations }: WireEvent): Source[] {
  if (results) return results.map(({ url, title }) => toSource(url, title));
  return (citations ?? []).flatMap((url) => (typeof url === 'string' ? [toSource(url)] : []));
}

function toSource(url: string | undefined, title?: string, start?: number, end?: number): Source {
  return {
    ...(url !== undefined && { url }),
    ...(title !== undefined && { title }),
    ...(start !== undefined && end !== undefined && { span: { start, end } }),
  };
}
