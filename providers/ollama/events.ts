import type { FinishChunk, FinishReason } from '../../src/chunk.ts';
import type { Usage } from '../../src/usage.ts';
import { Blocks } from '../wire/blocks.ts';
import type { CallFacts, Emit, EventMapper } from '../wire/streamCall.ts';
import { closeToolCall } from '../wire/toolCall.ts';
import { inBandError } from '../wire/wireError.ts';
import { wordTable } from '../wire/words.ts';

/** What is read of one line of `/api/chat`, or of the whole answer; older servers leave out most of it. */
interface WireLine extends Readonly<Record<string, unknown>> {
  readonly model?: string | null;
  readonly message?: WireMessage | null;
  readonly logprobs?: readonly unknown[] | null;
  readonly done?: boolean | null;
  readonly done_reason?: string | null;
  readonly remote_model?: string | null;
  readonly remote_host?: string | null;
  readonly prompt_eval_count?: number | null;
  readonly eval_count?: number | null;
  readonly error?: unknown;
}

interface WireMessage {
  readonly content?: string | null;
  readonly thinking?: string | null;
  readonly tool_calls?: readonly WireToolCall[] | null;
}

/** Always whole; `function.index` is absent or 0 on whichever call, so it tells nothing. */
interface WireToolCall {
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
}

const reasons = wordTable<FinishReason>({ stop: 'stop', length: 'length' });

/** Where the durations of the last line go in `finish.metadata`, in milliseconds. */
const durations: Readonly<Record<string, string>> = {
  total_duration: 'totalDurationMs',
  load_duration: 'loadDurationMs',
  prompt_eval_duration: 'promptEvalDurationMs',
  eval_duration: 'evalDurationMs',
};

/** Maps the lines of Ollama's chat; the one with `done` ends the answer. */
export function mapEvents(emit: Emit, facts: CallFacts): EventMapper {
  return new OllamaMapper(emit, facts);
}

class OllamaMapper implements EventMapper {
  readonly #emit: Emit;
  readonly #facts: CallFacts;
  readonly #blocks = new Blocks();
  readonly #metadata: Record<string, unknown> = {};
  #started = false;
  #called = false;
  #rawReason: string | undefined;
  #usage: Usage | undefined;

  constructor(emit: Emit, facts: CallFacts) {
    this.#emit = emit;
    this.#facts = facts;
  }

  start(event: unknown): void {
    if (this.#started) return;
    this.#started = true;
    const { provider, model, requestId } = this.#facts;
    const named = (event as WireLine | undefined)?.model ?? '';

    this.#emit({
      type: 'start',
      provider,
      model: named === '' ? model : named,
      ...(requestId !== undefined && { requestId }),
    });
  }

  event(data: unknown): boolean {
    const line = data as WireLine;
    const isLast = line.done === true;
    if (line.message || isLast) this.start(line);
    if (line.message) this.#readMessage(line.message);
    if (line.logprobs) ((this.#metadata['logprobs'] ??= []) as unknown[]).push(...line.logprobs);
    if (line.done_reason) this.#rawReason = line.done_reason;
    if (isLast) this.#readFacts(line);
    if (line.error) throw inBandError(line);

    return isLast;
  }

  finish(atSentinel: boolean): FinishChunk | undefined {
    if (!atSentinel) return undefined;
    this.start(undefined);
    const raw = this.#rawReason;

    return {
      type: 'finish',
      reason: this.#toReason(raw),
      ...(raw !== undefined && { rawReason: raw }),
      ...(this.#usage && { usage: this.#usage }),
      metadata: this.#metadata,
    };
  }

  #readMessage({ thinking, content, tool_calls: calls }: WireMessage): void {
    if (thinking) {
      const block = this.#blocks.of('thinking');
      this.#emit({ type: 'thinking-delta', text: thinking, block, kind: 'thinking' });
    }
    if (content) this.#emit({ type: 'text-delta', text: content, block: this.#blocks.of('text') });
    for (const call of calls ?? []) this.#readToolCall(call);
  }

  #readToolCall({ id: wireId, function: called }: WireToolCall): void {
    this.#called = true;
    const block = this.#blocks.next();
    const id = wireId ?? '';
    const toolCallId = id === '' ? `call_${block}` : id;
    const toolName = called?.name ?? '';
    const argumentsText = toText(called?.arguments);

    this.#emit({ type: 'tool-call-start', toolCallId, toolName, block });
    if (argumentsText !== '') {
      this.#emit({ type: 'tool-call-delta', toolCallId, argumentsDelta: argumentsText, block });
    }
    this.#emit(closeToolCall({ toolCallId, toolName, argumentsText, block }, false));
  }

  #readFacts(line: WireLine): void {
    for (const [name, key] of Object.entries(durations)) {
      const nanoseconds = line[name];
      if (typeof nanoseconds === 'number') this.#metadata[key] = nanoseconds / 1e6;
    }
    if (line.remote_model) this.#metadata['remoteModel'] = line.remote_model;
    if (line.remote_host) this.#metadata['remoteHost'] = line.remote_host;

    const { prompt_eval_count: input, eval_count: output } = line;
    // Loading and unloading count nothing; older servers leave out a prompt that was cached.
    if (input == null && output == null) return;
    const usage: Usage = {
      inputTokens: input ?? 0,
      outputTokens: output ?? 0,
      totalTokens: (input ?? 0) + (output ?? 0),
      raw: Object.fromEntries(Object.entries(line).filter(([name]) => /_(count|duration)$/.test(name))),
    };
    this.#usage = usage;
    this.#emit({ type: 'usage', usage });
  }

  /** The word stays `stop` when tools are called. */
  #toReason(raw: string | undefined): FinishReason {
    const reason = raw === undefined ? 'other' : (reasons[raw] ?? 'other');
    return reason === 'stop' && this.#called ? 'tool-calls' : reason;
  }
}

/** Arguments are an object on Ollama itself; servers that imitate it send its JSON text. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
