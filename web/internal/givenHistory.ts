import type {
  InvalidToolCallPart,
  Message,
  Signature,
  ToolCallPart,
  ToolResultPart,
} from '../../src/message.ts';
import type { JsonValue } from '../../src/json.ts';
import { parseArguments } from '../../src/parseArguments.ts';

/** A tool call as it stands in a conversation that somebody sent: one that is malformed stays so. */
export function toCallPart(
  toolCallId: string,
  toolName: string,
  argumentsText: string,
): ToolCallPart | InvalidToolCallPart {
  const parsed = parseArguments(argumentsText);
  return parsed.arguments
    ? { type: 'tool-call', toolCallId, toolName, arguments: parsed.arguments }
    : { type: 'tool-call-invalid', toolCallId, toolName, argumentsText, reason: parsed.reason };
}

/**
 * A conversation without the calls that nobody answered, which no provider accepts: answers that were stopped, and
 * those that waited for a consent, leave some.
 */
export function withoutOpenCalls(messages: readonly Message[]): readonly Message[] {
  return messages.flatMap((message, index): readonly Message[] => {
    if (message.role !== 'assistant' || typeof message.content === 'string') return [message];
    const next = messages[index + 1];
    const answered = new Set(
      [...message.content, ...(next?.role === 'tool' ? next.content : [])]
        .filter(({ type }) => type === 'tool-result')
        .map((result) => (result as ToolResultPart).toolCallId),
    );
    const content = message.content.filter(
      (part) =>
        (part.type !== 'tool-call' && part.type !== 'tool-call-invalid') || answered.has(part.toolCallId),
    );
    return content.length === 0 ? [] : [{ role: 'assistant', content }];
  });
}

/** Adds a result to a conversation: one message has those of all calls of the one before. */
export function addResult(messages: Message[], result: ToolResultPart): void {
  const last = messages.at(-1);
  if (last?.role !== 'tool') messages.push({ role: 'tool', content: [result] });
  else messages[messages.length - 1] = { role: 'tool', content: [...last.content, result] };
}

/** What a provider wants back, where the value is of its form. */
export function toSignature(value: unknown): { readonly signature?: Signature } {
  const { format, data } = Object(value) as { readonly format?: unknown; readonly data?: unknown };
  return typeof format === 'string' && data !== undefined
    ? { signature: { format, data: data as JsonValue } }
    : {};
}
