import type {
  AssistantMessage,
  AssistantPart,
  ImagePart,
  Message,
  TextPart,
  ToolResultPart,
} from '../../src/message.ts';
import {
  type Given,
  joinTexts,
  toImage,
  toObject,
  toObjects,
  toOptional,
  toText,
  wrong,
} from '../internal/given.ts';
import { addResult, toCallPart } from '../internal/givenHistory.ts';

/** Reads the messages of Chat Completions. */
export function readMessages(given: unknown): readonly Message[] {
  const messages: Message[] = [];
  const toolNames = new Map<string, string>();
  const elements = toObjects('messages', given);
  if (elements.length === 0) throw wrong('messages', 'at least one message', given);

  for (const [path, message] of elements) {
    switch (message['role']) {
      case 'system':
      case 'developer':
        messages.push({ role: 'system', content: joinTexts(`${path}.content`, message['content']) });
        break;
      case 'user':
        messages.push({ role: 'user', content: readUserContent(`${path}.content`, message['content']) });
        break;
      case 'assistant':
        messages.push(readAssistant(path, message, toolNames));
        break;
      case 'tool':
        addResult(messages, readResult(path, message, toolNames));
        break;
      default:
        throw wrong(`${path}.role`, 'system, developer, user, assistant or tool', message['role']);
    }
  }
  return messages;
}

function readUserContent(path: string, content: unknown): string | readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return content;
  return toObjects(path, content).map(([place, part]) => {
    if (part['type'] === 'text') return { type: 'text', text: toText(`${place}.text`, part['text']) };
    if (part['type'] !== 'image_url') throw wrong(`${place}.type`, 'text or image_url', part['type']);
    return toImage(`${place}.image_url.url`, toObject(`${place}.image_url`, part['image_url'])['url']);
  });
}

function readAssistant(path: string, message: Given, toolNames: Map<string, string>): AssistantMessage {
  const { content, refusal, reasoning_content: thinking, tool_calls: calls } = message;
  const parts: AssistantPart[] = [];
  if (typeof thinking === 'string' && thinking !== '') {
    parts.push({ type: 'thinking', text: thinking, kind: 'thinking' });
  }
  if (typeof content === 'string') {
    if (content !== '') parts.push({ type: 'text', text: content });
  } else if (content !== undefined && content !== null) {
    for (const [place, part] of toObjects(`${path}.content`, content))
      parts.push(readAssistantPart(place, part));
  }
  const refused = toOptional(toText, `${path}.refusal`, refusal);
  if (refused !== undefined && refused !== '') parts.push({ type: 'refusal', text: refused });

  for (const [place, call] of toOptional(toObjects, `${path}.tool_calls`, calls) ?? []) {
    const toolCallId = toText(`${place}.id`, call['id']);
    if (call['type'] !== 'function') throw wrong(`${place}.type`, '"function"', call['type']);
    const given = toObject(`${place}.function`, call['function']);
    const toolName = toText(`${place}.function.name`, given['name']);
    toolNames.set(toolCallId, toolName);
    parts.push(toCallPart(toolCallId, toolName, toText(`${place}.function.arguments`, given['arguments'])));
  }
  return { role: 'assistant', content: parts };
}

function readAssistantPart(path: string, part: Given): AssistantPart {
  const { type } = part;
  if (type === 'text') return { type, text: toText(`${path}.text`, part['text']) };
  if (type === 'refusal') return { type, text: toText(`${path}.refusal`, part['refusal']) };
  throw wrong(`${path}.type`, 'text or refusal', type);
}

function readResult(path: string, message: Given, toolNames: ReadonlyMap<string, string>): ToolResultPart {
  const toolCallId = toText(`${path}.tool_call_id`, message['tool_call_id']);
  const toolName = toolNames.get(toolCallId);
  if (toolName === undefined) {
    throw wrong(
      `${path}.tool_call_id`,
      'the id of a tool call of an assistant message before it',
      toolCallId,
    );
  }
  return {
    type: 'tool-result',
    toolCallId,
    toolName,
    result: joinTexts(`${path}.content`, message['content']),
  };
}
