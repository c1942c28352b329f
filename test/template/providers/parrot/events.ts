import type { FinishChunk, FinishReason } from '../../../../src/chunk.ts';
import type { Usage } from '../../../../src/usage.ts';
import { Blocks } from '../../../../providers/wire/blocks.ts';
import type { CallFacts, Emit, EventMapper } from '../../../../providers/wire/streamCall.ts';
import { closeToolCall } from '../../../../providers/wire/toolCall.ts';
import { inBandError } from '../../../../providers/wire/wireError.ts';
import { wordTable } from '../../../../providers/wire/words.ts';

/** What is read of a line; a whole answer is one line that has everything. */
interface WireLine {
  readonly id?: string;
  readonly say?: string;
  readonly call?: { readonly id: string; readonly name: string; readonly arguments: string };
  readonly tokens?: { readonly in: number; readonly out: number };
  readonly end?: string;
  readonly error?: unknown;
}

const reasons = wordTable<FinishReason>({ said: 'stop', called: 'tool-calls', full: 'length' });

/** Maps the lines of a Parrot; the one with `end` is the last. */
export function mapEvents(emit: Emit, facts: CallFacts): EventMapper {
  return new ParrotMapper(emit, facts);
}

class ParrotMapper implements EventMapper {
  readonly #emit: Emit;
  readonly #facts: CallFacts;
  readonly #blocks = new Blocks();
  #hasStarted = false;
  #usage: Usage | undefined;
  #rawReason: string | undefined;

  constructor(emit: Emit, facts: CallFacts) {
    this.#emit = emit;
    this.#facts = facts;
  }

  start(event: unknown): void {
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    const { provider, model, requestId } = this.#facts;
    const { id } = event as WireLine;

    this.#emit({
      type: 'start',
      provider,
      model,
      ...(id !== undefined && { responseId: id }),
      ...(requestId !== undefined && { requestId }),
    });
  }

  event(event: unknown): boolean {
    const line = event as WireLine;
    if (line.error !== undefined) throw inBandError(line);
    this.start(line);
    if (line.say) this.#emit({ type: 'text-delta', text: line.say, block: this.#blocks.of('text') });
    if (line.call) this.#readCall(line.call);
    if (line.tokens) this.#readUsage(line.tokens);
    this.#rawReason = line.end;
    return line.end !== undefined;
  }

  finish(): FinishChunk | undefined {
    const raw = this.#rawReason;
    // Cut off: the caller makes an error of it.
    if (raw === undefined) return undefined;
    return {
      type: 'finish',
      reason: reasons[raw] ?? 'other',
      rawReason: raw,
      ...(this.#usage && { usage: this.#usage }),
      metadata: {},
    };
  }

  #readCall({ id, name, arguments: argumentsText }: NonNullable<WireLine['call']>): void {
    const call = { toolCallId: id, toolName: name, block: this.#blocks.next() };
    this.#emit({ type: 'tool-call-start', ...call });
    this.#emit({ type: 'tool-call-delta', toolCallId: id, argumentsDelta: argumentsText, block: call.block });
    this.#emit(closeToolCall({ ...call, argumentsText }, false));
  }

  #readUsage(tokens: NonNullable<WireLine['tokens']>): void {
    const { in: inputTokens, out: outputTokens } = tokens;
    this.#usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, raw: tokens };
    this.#emit({ type: 'usage', usage: this.#usage });
  }
}
