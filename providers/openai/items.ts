import type { StreamChunk } from '../../src/chunk.ts';
import type { JsonObject, JsonValue } from '../../src/json.ts';
import type { Source } from '../../src/message.ts';
import type { Blocks } from '../wire/blocks.ts';
import type { Emit } from '../wire/streamCall.ts';
import { addArguments, closeToolCall } from '../wire/toolCall.ts';
import { wordTable } from '../wire/words.ts';
import { signatureFormat } from './request.ts';
import type { WireItem, WirePart, WireAnnotation } from './wire.ts';

/** What the items of one answer share. */
export interface Answer {
  readonly emit: Emit;
  readonly blocks: Blocks;
  /** Most characters of the arguments of a call. */
  readonly maxLength: number;
  /** Whether the server keeps the answer, so that an id alone is enough to send an item back. */
  isStored: boolean;
  hasText: boolean;
  hasRefusal: boolean;
  hasCalls: boolean;
  /** Whether a reasoning item has come that goes back; the items behind it must then go back with their ids. */
  hasReasoning: boolean;
}

/** The kinds of parts that items are made of. */
export type PartKind = 'text' | 'refusal' | 'thinking' | 'summary';

/** The kind of a part by its type on the wire. */
export const partKinds = wordTable<PartKind>({
  output_text: 'text',
  refusal: 'refusal',
  reasoning_text: 'thinking',
  summary_text: 'summary',
});

/** One item of the output while it grows. */
export abstract class OutputItem {
  protected readonly answer: Answer;
  #state: 'found' | 'begun' | 'ended' = 'found';

  constructor(answer: Answer) {
    this.answer = answer;
  }

  /** Whether pieces of it may have come, but nothing of the item itself. */
  get isFound(): boolean {
    return this.#state === 'found';
  }

  /** Takes what the server says of the item when it appears. */
  begin(item: WireItem): void {
    this.#state = 'begun';
    this.open(item);
  }

  /** Takes the whole item, none where the server never sent it; `cutOff` where the model ran out of tokens. */
  end(item: WireItem | undefined, cutOff: boolean): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.close(item, cutOff || item?.status === 'incomplete');
  }

  protected open(_item: WireItem): void {
    // Most items say nothing before they are whole.
  }

  protected abstract close(item: WireItem | undefined, cutOff: boolean): void;

  protected sign(block: number, data: JsonValue): void {
    this.answer.emit({ type: 'thinking-signature', block, format: signatureFormat, data });
  }
}

/** An item that is made of parts, each a block. */
export abstract class PartsItem extends OutputItem {
  /** The block of each part, by kind and index. */
  protected readonly blocks: Readonly<Record<PartKind, Map<number, number>>> = {
    text: new Map(),
    refusal: new Map(),
    thinking: new Map(),
    summary: new Map(),
  };
  /** Index and kind of the part that is farthest back. */
  protected lastIndex = -1;
  protected lastKind: PartKind | undefined;

  /** Takes a piece of a part. */
  write(kind: PartKind, index: number, text: string | null | undefined): void {
    if (!text) return;
    this.answer.emit(toDelta(kind, text, this.blockOf(kind, index)));
    if (kind === 'text') this.answer.hasText = true;
    if (kind === 'refusal') this.answer.hasRefusal = true;
  }

  /** Takes a whole part, which is news only where no piece of it has come. */
  fill(kind: PartKind, index: number, text: string | null | undefined): void {
    if (!this.blocks[kind].has(index)) this.write(kind, index, text);
  }

  /** Takes all parts. What lies before the last known one has come, be it in a stream that was resumed. */
  protected fillBehind(parts: readonly WirePart[]): void {
    const known = this.lastIndex;
    for (const [index, part] of parts.entries()) {
      const kind = partKinds[part.type ?? ''];
      if (kind && index > known) this.write(kind, index, part.text ?? part.refusal);
    }
  }

  /** The blocks, in the order of their appearance. */
  protected get numbers(): readonly number[] {
    return Object.values(this.blocks)
      .flatMap((blocks) => [...blocks.values()])
      .sort((one, other) => one - other);
  }

  protected blockOf(kind: PartKind, index: number): number {
    let block = this.blocks[kind].get(index);
    if (block === undefined) {
      block = this.answer.blocks.next();
      this.blocks[kind].set(index, block);
      this.lastIndex = Math.max(this.lastIndex, index);
      this.lastKind = kind;
    }
    return block;
  }
}

/** A message: text and refusals. */
export class MessageItem extends PartsItem {
  #sources = 0;

  /** Takes what a text cites. */
  cite(index: number, annotation: WireAnnotation): void {
    this.#sources += 1;
    this.answer.emit({ type: 'source', block: this.blockOf('text', index), ...toSource(annotation) });
  }

  protected close(item: WireItem | undefined): void {
    const content = item?.content ?? [];
    this.fillBehind(content);
    const cited = content.flatMap((part, index) =>
      (part.annotations ?? []).map((annotation) => [index, annotation] as const),
    );
    for (const [index, annotation] of cited.slice(this.#sources)) {
      // Bedrock counts the parts of its stream from 1.
      const isKnown = this.blocks.text.has(index) || this.lastIndex < 0;
      this.cite(isKnown ? index : this.lastIndex, annotation);
    }
    this.#sign(item);
  }

  /** OpenAI wants the phase of a message back, and its id where it stands behind reasoning. */
  #sign(item: WireItem | undefined): void {
    const { id, phase } = item ?? {};
    if (!id || (!phase && !this.answer.hasReasoning)) return;
    for (const block of this.numbers) {
      this.sign(block, { type: 'message', id, ...(phase && { phase }) });
    }
  }
}

/** Reasoning: its summary, its own words, or only something encrypted. */
export class ReasoningItem extends PartsItem {
  protected close(item: WireItem | undefined): void {
    if (!item) return;
    // Some servers put the same words into both.
    const content = item.content ?? [];
    const hasContent = this.lastKind === undefined ? content.length > 0 : this.lastKind === 'thinking';
    this.fillBehind(hasContent ? content : (item.summary ?? []));

    // Without content of its own only the server that keeps it can find it again.
    if (!item.encrypted_content && content.length === 0 && !this.answer.isStored) return;
    this.answer.hasReasoning = true;
    const { status: _, ...data } = item;
    this.sign(this.numbers.at(-1) ?? this.answer.blocks.next(), data as JsonObject);
  }
}

/** The call of a function that the client runs. */
export class FunctionCallItem extends OutputItem {
  #toolCallId = '';
  #toolName = '';
  #argumentsText = '';
  #block: number | undefined;

  protected override open(item: WireItem): void {
    this.#toolCallId ||= item.call_id ?? '';
    this.#toolName ||= item.name ?? '';
    if (this.#toolCallId !== '' && this.#toolName !== '') this.#announce();
  }

  /** Takes a piece of the arguments. */
  write(text: string | null | undefined): void {
    if (!text) return;
    this.#argumentsText = addArguments(this.#argumentsText, text, this.answer.maxLength);
    if (this.#block !== undefined) this.#emitDelta(this.#block, text);
  }

  /** Takes the whole arguments; only these are right where the stream was resumed. */
  fill(value: unknown): void {
    const text = toText(value);
    if (this.#argumentsText === '') this.write(text);
    else if (text !== '') this.#argumentsText = text;
  }

  protected close(item: WireItem | undefined, cutOff: boolean): void {
    if (item) {
      this.open({ ...item, call_id: item.call_id ?? item.id ?? null });
      this.fill(item.arguments);
    }
    const block = this.#announce();
    this.answer.hasCalls = true;
    this.answer.emit(
      closeToolCall(
        {
          toolCallId: this.#toolCallId,
          toolName: this.#toolName,
          argumentsText: this.#argumentsText,
          block,
        },
        cutOff,
      ),
    );
    if (item?.id && this.answer.hasReasoning) this.sign(block, { type: 'function_call', id: item.id });
  }

  #announce(): number {
    if (this.#block !== undefined) return this.#block;
    const block = (this.#block = this.answer.blocks.next());
    this.#toolCallId ||= `call_${block}`;
    this.answer.emit({
      type: 'tool-call-start',
      toolCallId: this.#toolCallId,
      toolName: this.#toolName,
      block,
    });
    if (this.#argumentsText !== '') this.#emitDelta(block, this.#argumentsText);
    return block;
  }

  #emitDelta(block: number, argumentsDelta: string): void {
    this.answer.emit({ type: 'tool-call-delta', toolCallId: this.#toolCallId, argumentsDelta, block });
  }
}

function toDelta(kind: PartKind, text: string, block: number): StreamChunk {
  switch (kind) {
    case 'text':
      return { type: 'text-delta', text, block };
    case 'refusal':
      return { type: 'refusal-delta', text, block };
    default:
      return { type: 'thinking-delta', text, block, kind };
  }
}

function toSource(annotation: WireAnnotation): Source {
  const { url, title, filename, start_index: start, end_index: end } = annotation;
  const name = title ?? filename;

  return {
    ...(url != null && { url }),
    ...(name != null && { title: name }),
    ...(start != null && end != null && { span: { start, end } }),
    raw: annotation,
  };
}

/** Some servers send the arguments as an object. */
function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}
