import type { JsonObject } from '../../src/json.ts';
import type { Message, Signature, Source, ToolCallPart } from '../../src/message.ts';
import { type SendableMessage, type SendablePart, toResultText, toSendable } from '../wire/history.ts';
import type { WireBlock, WireTurn, WireConversation } from './wire.ts';

/** The name by which this protocol's signatures are known. */
export const signatureFormat = 'anthropic';

/**
 * A conversation in Anthropic's shape: system messages apart, neighbouring messages of one role merged, the results
 * of tools first. Left out is what the API refuses: blank text, the unsigned thinking and the tools of other
 * providers, thinking at the end of an answer.
 */
export function toConversation(messages: readonly Message[]): WireConversation {
  const sendable = toSendable(messages);
  const writer = new Writer(sendable);
  const turns: { role: WireTurn['role']; content: WireBlock[] }[] = [];

  for (const message of sendable) {
    const content = writer.write(message);
    const role = message.role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (content.length === 0) continue;
    if (last?.role === role) last.content.push(...content);
    else turns.push({ role, content });
  }
  const end = turns.at(-1);
  if (end?.role === 'assistant') trimEnd(end.content);

  return {
    system: sendable.flatMap((message) => (message.role === 'system' ? toText(message.content) : [])),
    turns: turns.map(({ role, content }) => ({ role, content: resultsFirst(content) })),
  };
}

class Writer {
  readonly #ids = new ToolIds();
  /** Calls that Anthropic ran and that can be told of again. */
  readonly #serverCalls: ReadonlySet<string>;

  constructor(messages: readonly SendableMessage[]) {
    this.#serverCalls = findServerCalls(messages);
  }

  write(message: SendableMessage): WireBlock[] {
    switch (message.role) {
      case 'system':
        return [];
      case 'user':
        return typeof message.content === 'string'
          ? toText(message.content)
          : message.content.flatMap((part) =>
              part.type === 'text' ? toText(part.text) : [toImage(String(part.image), part.mediaType)],
            );
      case 'tool':
        return message.content.map(({ toolCallId, result, isError = false }) => {
          const content = toResultText(result);
          return {
            type: 'tool_result',
            tool_use_id: this.#ids.answer(toolCallId),
            ...(content !== '' && { content }),
            ...(isError && { is_error: true }),
          };
        });
      case 'assistant': {
        const blocks = message.content.flatMap((part) => this.#toBlocks(part));
        const end = blocks.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
        return blocks.slice(0, end + 1);
      }
    }
  }

  #toBlocks(part: SendablePart): WireBlock[] {
    switch (part.type) {
      case 'text':
        return toText(part.text, part.sources);
      case 'refusal':
        return toText(part.text);
      case 'thinking': {
        const data = ownData(part.signature);
        if (!data) return [];
        return [data['type'] === 'redacted_thinking' ? data : { ...data, thinking: part.text }];
      }
      case 'tool-call':
        return this.#toCall(part);
      case 'tool-result':
        return isOwnResult(part.result) && this.#serverCalls.has(String(part.result['tool_use_id']))
          ? [part.result]
          : [];
    }
  }

  #toCall({
    toolCallId,
    toolName,
    arguments: input,
    providerExecuted,
    signature,
  }: ToolCallPart): WireBlock[] {
    const data = ownData(signature);
    if (providerExecuted) {
      return data && this.#serverCalls.has(toolCallId) ? [{ ...data, input }] : [];
    }
    const { caller, ...rest } = data ?? {};
    const runner = (caller as JsonObject | undefined)?.['tool_id'];
    const isKnown = runner === undefined || this.#serverCalls.has(runner as string);
    const id = this.#ids.announce(toolCallId);
    return [{ ...rest, ...(caller && isKnown && { caller }), type: 'tool_use', id, name: toolName, input }];
  }
}

/**
 * Ids as the API takes them: letters, digits, `_` and `-`, and each only once in a conversation. Some providers give
 * `functions.add:0`, others count from 0 in every answer.
 */
class ToolIds {
  readonly #used = new Set<string>();
  readonly #open = new Map<string, string[]>();

  announce(id: string): string {
    const plain = toPlainId(id);
    let unique = plain;
    for (let count = 2; this.#used.has(unique); count++) unique = `${plain}_${count}`;
    this.#used.add(unique);
    this.#open.set(id, [...(this.#open.get(id) ?? []), unique]);
    return unique;
  }

  answer(id: string): string {
    return this.#open.get(id)?.shift() ?? toPlainId(id);
  }
}

function toPlainId(id: string): string {
  return id.replace(/[^\w-]/g, '_') || 'call';
}

/**
 * The calls that Anthropic ran itself: those with a result, and those that may still get one, since only results of
 * tools follow. The API refuses one that a user's message left without an answer.
 */
function findServerCalls(messages: readonly SendableMessage[]): ReadonlySet<string> {
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const parts = messages.flatMap((message, index) =>
    message.role === 'assistant' ? message.content.map((part) => ({ part, isOpen: index > lastUser })) : [],
  );
  const answered = new Set(
    parts.flatMap(({ part }) =>
      part.type === 'tool-result' && isOwnResult(part.result) ? [part.result['tool_use_id']] : [],
    ),
  );

  return new Set(
    parts.flatMap(({ part, isOpen }) =>
      part.type === 'tool-call' &&
      part.providerExecuted &&
      ownData(part.signature) &&
      (isOpen || answered.has(part.toolCallId))
        ? [part.toolCallId]
        : [],
    ),
  );
}

function isOwnResult(result: unknown): result is WireBlock {
  const { type, tool_use_id: id } = (result ?? {}) as WireBlock;
  return typeof type === 'string' && type.endsWith('_tool_result') && typeof id === 'string';
}

function ownData(signature: Signature | undefined): JsonObject | undefined {
  return signature?.format === signatureFormat ? (signature.data as JsonObject) : undefined;
}

/** A block of text, none where it is blank. */
function toText(text: string, sources: readonly Source[] = []): WireBlock[] {
  if (text.trim() === '') return [];
  const citations = sources.map(({ raw }) => raw).filter(isOwnCitation);
  return [{ type: 'text', text, ...(citations.length > 0 && { citations }) }];
}

function isOwnCitation(raw: unknown): boolean {
  const { type } = (raw ?? {}) as WireBlock;
  return typeof type === 'string' && type.endsWith('_location');
}

function toImage(image: string, mediaType = 'image/png'): WireBlock {
  if (/^https?:/.test(image)) return { type: 'image', source: { type: 'url', url: image } };
  const [prefix = '', named = ''] = /^data:([^;,]*)(?:;[^,]*)?,/.exec(image) ?? [];
  const data = image.slice(prefix.length);
  return { type: 'image', source: { type: 'base64', media_type: named === '' ? mediaType : named, data } };
}

function resultsFirst(content: readonly WireBlock[]): readonly WireBlock[] {
  const isResult = ({ type }: WireBlock) => type === 'tool_result';
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
}

/** The API refuses an answer to be continued that ends in blanks. */
function trimEnd(content: WireBlock[]): void {
  const last = content.at(-1);
  if (last?.['type'] === 'text') {
    content[content.length - 1] = { ...last, text: (last['text'] as string).trimEnd() };
  }
}
