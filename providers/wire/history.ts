import type {
  AssistantMessage,
  AssistantPart,
  Message,
  SystemMessage,
  ToolMessage,
  UserMessage,
} from '../../src/message.ts';

/** A message whose assistant's content is an array of parts without invalid calls. */
export type SendableMessage =
  | SystemMessage
  | UserMessage
  | ToolMessage
  | { readonly role: 'assistant'; readonly content: readonly SendablePart[] };

/** A part of an assistant's message that a provider can be sent. */
export type SendablePart = Exclude<AssistantPart, { type: 'tool-call-invalid' }>;

/**
 * A conversation as every provider accepts it: a call with malformed arguments stays, with none, where a result
 * answers it, so that the model can mend it; else it is left out, since no provider accepts a call without an answer.
 */
export function toSendable(messages: readonly Message[]): readonly SendableMessage[] {
  return messages.map((message, index) =>
    message.role === 'assistant'
      ? { role: 'assistant', content: toParts(message, messages[index + 1]) }
      : message,
  );
}

function toParts({ content }: AssistantMessage, answer: Message | undefined): readonly SendablePart[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  const answered = new Set(answer?.role === 'tool' ? answer.content.map(({ toolCallId }) => toolCallId) : []);

  return content.flatMap((part): SendablePart[] => {
    if (part.type !== 'tool-call-invalid') return [part];
    const { toolCallId, toolName } = part;
    return answered.has(toolCallId) ? [{ type: 'tool-call', toolCallId, toolName, arguments: {} }] : [];
  });
}

/** A tool's result as text for the model: strings as they are, everything else as JSON. */
export function toResultText(result: unknown): string {
  if (result === undefined) return '';
  return typeof result === 'string' ? result : JSON.stringify(result);
}

/** An image as a URL: its own, or its bytes as a `data:` URL. */
export function toImageUrl(image: string | URL, mediaType = 'image/png'): string {
  const text = String(image);
  return /^(https?|data):/.test(text) ? text : `data:${mediaType};base64,${text}`;
}
