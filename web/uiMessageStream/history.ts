import type {
  AssistantPart,
  ImagePart,
  InvalidToolCallReason,
  Message,
  TextPart,
  ToolResultPart,
} from '../../src/message.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import type { JsonObject } from '../../src/json.ts';
import { type Given, joinTexts, toImage, toObjects, toText, wrong } from '../internal/given.ts';
import { toSignature, withoutOpenCalls } from '../internal/givenHistory.ts';

/** Reads the messages of `useChat`. */
export function readMessages(given: unknown): readonly Message[] {
  const messages = toObjects('messages', given).flatMap(([path, message]): readonly Message[] => {
    const parts = toObjects(`${path}.parts`, message['parts']);
    switch (message['role']) {
      case 'system':
        return [{ role: 'system', content: joinTexts(`${path}.parts`, message['parts']) }];
      case 'user':
        return [{ role: 'user', content: parts.flatMap(([place, part]) => readUserPart(place, part)) }];
      case 'assistant':
        return readAssistant(parts);
      default:
        throw wrong(`${path}.role`, 'system, user or assistant', message['role']);
    }
  });
  return withoutOpenCalls(messages);
}

/** What the last message answers to approval requests, and the ids of its calls that are open. */
export interface Decided {
  readonly decisions: Readonly<Record<string, { readonly approved: boolean; readonly reason?: string }>>;
  readonly openCalls: readonly string[];
}

/** Reads what was decided. */
export function readDecided(given: unknown): Decided {
  const [path = '', last] = toObjects('messages', given).at(-1) ?? [];
  if (last?.['role'] !== 'assistant') return { decisions: {}, openCalls: [] };
  const open = toObjects(`${path}.parts`, last['parts']).filter(([, part]) => openStates.has(part['state']));
  const decisions = open.flatMap(([place, { toolCallId, state, approval }]) => {
    if (state !== 'approval-responded') return [];
    const { approved, reason } = Object(approval) as Given;
    const decision = { approved: approved === true, ...(typeof reason === 'string' && { reason }) };
    return [[toText(`${place}.toolCallId`, toolCallId), decision] as const];
  });
  return {
    decisions: Object.fromEntries(decisions),
    openCalls: open.map(([place, { toolCallId }]) => toText(`${place}.toolCallId`, toolCallId)),
  };
}

const openStates = new Set<unknown>(['input-available', 'approval-requested', 'approval-responded']);

function readUserPart(path: string, part: Given): readonly (TextPart | ImagePart)[] {
  switch (part['type']) {
    case 'text':
      return [{ type: 'text', text: toText(`${path}.text`, part['text']) }];
    case 'file': {
      const mediaType = toText(`${path}.mediaType`, part['mediaType']);
      if (!/^image(\/|$)/.test(mediaType)) throw wrong(`${path}.mediaType`, 'that of an image', mediaType);
      return [toImage(`${path}.url`, part['url'])];
    }
    default:
      return [];
  }
}

/** A step is what one model call said, and then what its tools gave back. */
function readAssistant(parts: readonly (readonly [path: string, part: Given])[]): readonly Message[] {
  const messages: Message[] = [];
  let said: AssistantPart[] = [];
  let results: ToolResultPart[] = [];
  const endStep = () => {
    if (said.length > 0) messages.push({ role: 'assistant', content: said });
    if (results.length > 0) messages.push({ role: 'tool', content: results });
    said = [];
    results = [];
  };

  for (const [path, part] of parts) {
    const type = toText(`${path}.type`, part['type']);
    if (type === 'step-start') {
      endStep();
    } else if (type === 'text') {
      const { kind, signature } = metadataOf(part['providerMetadata']);
      const text = toText(`${path}.text`, part['text']);
      if (kind === 'refusal') said.push({ type: 'refusal', text });
      else if (text !== '') said.push({ type, text, ...toSignature(signature) });
    } else if (type === 'reasoning') {
      const { kind, signature } = metadataOf(part['providerMetadata']);
      const text = toText(`${path}.text`, part['text']);
      said.push({
        type: 'thinking',
        text,
        kind: kind === 'summary' ? kind : 'thinking',
        ...toSignature(signature),
      });
    } else if (type === 'dynamic-tool' || type.startsWith('tool-')) {
      const toolName =
        type === 'dynamic-tool' ? toText(`${path}.toolName`, part['toolName']) : type.slice('tool-'.length);
      const { call, result } = readTool(path, toolName, part);
      if (call) said.push(call);
      if (result) (result.providerExecuted ? said : results).push(result);
    }
  }
  endStep();
  return messages;
}

function readTool(
  path: string,
  toolName: string,
  part: Given,
): { readonly call?: AssistantPart; readonly result?: ToolResultPart } {
  const { state, input, rawInput, output, errorText, preliminary, providerExecuted, approval } = part;
  if (state === 'input-streaming') return {};
  const toolCallId = toText(`${path}.toolCallId`, part['toolCallId']);
  const own = { toolCallId, toolName, ...(providerExecuted === true && { providerExecuted: true }) };
  const { signature } = metadataOf(part['callProviderMetadata']);
  const given = input ?? rawInput ?? {};
  const call: AssistantPart =
    typeof given === 'object' && !Array.isArray(given)
      ? { type: 'tool-call', ...own, arguments: given as JsonObject, ...toSignature(signature) }
      : toInvalid(toolCallId, toolName, given);
  const result = (value: unknown, isError = false): ToolResultPart => ({
    type: 'tool-result',
    ...own,
    result: value,
    ...(isError && { isError }),
  });

  switch (state) {
    case 'output-available':
      return preliminary === true ? { call } : { call, result: result(output) };
    case 'output-error':
      return { call, result: result(errorText ?? 'The tool failed', true) };
    case 'output-denied': {
      const { reason } = Object(approval) as Given;
      return { call, result: result(reason ?? 'The call was denied', true) };
    }
    default:
      return { call };
  }
}

function toInvalid(toolCallId: string, toolName: string, input: unknown): AssistantPart {
  const argumentsText = typeof input === 'string' ? input : JSON.stringify(input);
  const reason: InvalidToolCallReason = parseArguments(argumentsText).reason ?? 'incomplete';
  return { type: 'tool-call-invalid', toolCallId, toolName, argumentsText, reason };
}

/** What {@link uiMessageStream} has kept with a part. */
function metadataOf(metadata: unknown): Given {
  return Object((Object(metadata) as Given)['rxllm']) as Given;
}
