import type {
  AssistantMessage,
  AssistantPart,
  ImagePart,
  Message,
  TextPart,
  ToolResultPart,
} from '../../src/message.ts';
import type { FinishReason } from '../../src/chunk.ts';

/** Messages in the form of the conventions. */
export function toInputMessages(messages: readonly Message[]): readonly object[] {
  return messages.map(({ role, content }) => ({ role, parts: toParts(content) }));
}

/** What the model said, in the form of the conventions. */
export function toOutputMessages({ role, content }: AssistantMessage, reason = 'error'): readonly object[] {
  return [{ role, parts: toParts(content), finish_reason: reason }];
}

/** Our word for why a call ended as the conventions write it. */
export function toFinishReason(reason: FinishReason): string {
  return reason === 'tool-calls' ? 'tool_call' : reason === 'content-filter' ? 'content_filter' : reason;
}

function toParts(content: Message['content']): readonly object[] {
  return typeof content === 'string' ? [{ type: 'text', content }] : content.map(toPart);
}

function toPart(part: AssistantPart | ToolResultPart | TextPart | ImagePart): object {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return { type: part.type, content: part.text };
    case 'thinking':
      return { type: 'reasoning', content: part.text };
    case 'tool-call':
      return { type: 'tool_call', id: part.toolCallId, name: part.toolName, arguments: part.arguments };
    case 'tool-call-invalid':
      return { type: 'tool_call', id: part.toolCallId, name: part.toolName, arguments: part.argumentsText };
    case 'tool-result':
      return { type: 'tool_call_response', id: part.toolCallId, response: part.result };
    case 'image':
      return toImage(part);
  }
}

/** Bytes would fill the trace: of them only the type is told. */
function toImage({ image, mediaType = 'image/png' }: ImagePart): object {
  const uri = String(image);
  return /^https?:/.test(uri)
    ? { type: 'uri', modality: 'image', uri }
    : { type: 'blob', modality: 'image', mime_type: mediaType, content: '' };
}
