import type {
  AssistantPart,
  ImagePart,
  Message,
  TextPart,
  ToolCallPart,
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
import { addResult, toCallPart, toSignature, withoutOpenCalls } from '../internal/givenHistory.ts';
import { fromWireId } from './toolIds.ts';

/** A call of the conversation, by the id that the client knows it by. */
type KnownCall = Pick<ToolCallPart, 'toolCallId' | 'toolName' | 'providerExecuted'>;

/** A conversation as a client of AG-UI has it. */
export interface History {
  readonly messages: readonly Message[];
  /** The client's ids of the calls that nobody has answered. */
  readonly openCalls: readonly string[];
}

/** Reads the messages of AG-UI: there each block of text or reasoning is one, here each model call. */
export function readMessages(given: unknown): History {
  const messages: Message[] = [];
  const calls = new Map<string, KnownCall>();
  const open = new Set<string>();

  const addParts = (parts: readonly AssistantPart[]) => {
    const last = messages.at(-1);
    if (last?.role !== 'assistant') messages.push({ role: 'assistant', content: parts });
    else
      messages[messages.length - 1] = {
        role: 'assistant',
        content: [...(last.content as AssistantPart[]), ...parts],
      };
  };

  for (const [path, message] of toObjects('messages', given)) {
    const content = () => toText(`${path}.content`, message['content']);
    switch (message['role']) {
      case 'system':
      case 'developer':
        messages.push({ role: 'system', content: content() });
        break;
      case 'user':
        messages.push({ role: 'user', content: readUserContent(`${path}.content`, message['content']) });
        break;
      case 'reasoning': {
        const kind = /-summary-\d+$/.test(String(message['id'])) ? 'summary' : 'thinking';
        addParts([{ type: 'thinking', text: content(), kind, ...readSignature(message) }]);
        break;
      }
      case 'assistant':
        addParts(
          readAssistant(path, message, (id, call) => {
            calls.set(id, call);
            open.add(id);
          }),
        );
        break;
      case 'tool': {
        const result = readResult(path, message, calls);
        if (result.providerExecuted) addParts([result]);
        else addResult(messages, result);
        open.delete(message['toolCallId'] as string);
        break;
      }
      case 'activity':
        break;
      default:
        throw wrong(
          `${path}.role`,
          'developer, system, assistant, user, tool, activity or reasoning',
          message['role'],
        );
    }
  }
  return { messages: withoutOpenCalls(messages), openCalls: [...open] };
}

function readUserContent(path: string, content: unknown): string | readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return content;
  return toObjects(path, content).map(([place, part]) => {
    if (part['type'] === 'text') return { type: 'text', text: toText(`${place}.text`, part['text']) };
    if (part['type'] !== 'image') throw wrong(`${place}.type`, 'text or image', part['type']);
    const { type, value, mimeType } = toObject(`${place}.source`, part['source']);
    if (type === 'url') return toImage(`${place}.source.value`, value);
    if (type !== 'data') throw wrong(`${place}.source.type`, 'data or url', type);
    return {
      type: 'image',
      image: toText(`${place}.source.value`, value),
      mediaType: toText(`${place}.source.mimeType`, mimeType),
    };
  });
}

function readAssistant(
  path: string,
  message: Given,
  tell: (id: string, call: KnownCall) => void,
): readonly AssistantPart[] {
  const text = toOptional(toText, `${path}.content`, message['content']) ?? '';
  const parts: AssistantPart[] = text === '' ? [] : [{ type: 'text', text, ...readSignature(message) }];

  for (const [place, call] of toOptional(toObjects, `${path}.toolCalls`, message['toolCalls']) ?? []) {
    const id = toText(`${place}.id`, call['id']);
    const given = toObject(`${place}.function`, call['function']);
    const toolName = toText(`${place}.function.name`, given['name']);
    const part = toCallPart(
      fromWireId(id),
      toolName,
      toText(`${place}.function.arguments`, given['arguments']),
    );
    const isExecuted = metadataOf(call)['providerExecuted'] === true;
    const known = part.type === 'tool-call' && isExecuted ? { ...part, providerExecuted: true } : part;
    tell(id, known);
    parts.push({ ...known, ...(known.type === 'tool-call' && readSignature(call)) });
  }
  return parts;
}

function readResult(path: string, message: Given, calls: ReadonlyMap<string, KnownCall>): ToolResultPart {
  const id = toText(`${path}.toolCallId`, message['toolCallId']);
  const call = calls.get(id);
  if (!call) throw wrong(`${path}.toolCallId`, 'the id of a tool call of an assistant message before it', id);
  const { toolCallId, toolName, providerExecuted } = call;
  const { content, error } = message;
  const isError = typeof error === 'string' || metadataOf(message)['isError'] === true;
  return {
    type: 'tool-result',
    toolCallId,
    toolName,
    result: joinTexts(`${path}.content`, content) || (error ?? ''),
    ...(isError && { isError }),
    ...(providerExecuted && { providerExecuted }),
  };
}

/** Another agent's encrypted value is none of ours. */
function readSignature({ encryptedValue }: Given): ReturnType<typeof toSignature> {
  if (typeof encryptedValue !== 'string') return {};
  try {
    return toSignature(JSON.parse(encryptedValue));
  } catch {
    return {};
  }
}

function metadataOf({ metadata }: Given): Given {
  return Object(metadata) as Given;
}
