import type {
  AssistantMessage,
  AssistantPart,
  InvalidToolCallPart,
  Message,
  Signature,
  ToolCallPart,
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
    const answered = new Set(next?.role === 'tool' ? next.content.map(({ toolCallId }) => toolCallId) : []);
    const content = message.content.filter((part) => !isOpenCall(part, message, answered));
    return content.length === 0 ? [] : [{ role: 'assistant', content }];
  });
}

function isOpenCall(
  part: AssistantPart,
  { content }: AssistantMessage,
  answered: ReadonlySet<string>,
): boolean {
  if (part.type !== 'tool-call' && part.type !== 'tool-call-invalid') return false;
  const isAnsweredInside = (content as readonly AssistantPart[]).some(
    (other) => other.type === 'tool-result' && other.toolCallId === part.toolCallId,
  );
  return !answered.has(part.toolCallId) && !isAnsweredInside;
}

/** What a provider wants back, where the value is of its form. */
export function toSignature(value: unknown): { readonly signature?: Signature } {
  const { format, data } = Object(value) as { readonly format?: unknown; readonly data?: unknown };
  return typeof format === 'string' && data !== undefined
    ? { signature: { format, data: data as JsonValue } }
    : {};
}
