import type { StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import { WireError } from '../../providers/wire/wireError.ts';
import type { InvalidToolCallReason } from '../../src/message.ts';
import type { ToChunks } from '../internal/decodeEvents.ts';
import { fromDeltaId } from '../internal/deltaIds.ts';
import { ForeignAnswer, stringOf } from '../internal/foreignAnswer.ts';
import { ownType, reasons, refusals, type UIEvent } from './events.ts';

/** Makes what reads the events of one answer: of ours chunk by chunk, of the AI SDK as well as it can be told. */
export function readUIMessageStream(): ToChunks {
  const answer = new ForeignAnswer('ui-message-stream');
  const calls = new Map<string, { readonly toolCallId: string; readonly block: number }>();
  let isOurs = false;

  const readOwn = ({ data, id }: UIEvent): readonly StreamChunk[] => {
    isOurs = true;
    const chunk = data as StreamChunk;
    if (chunk.type === 'error') throw errorFromFacts(chunk.error);
    if (chunk.type === 'start') calls.clear();
    if (chunk.type === 'tool-call-start') calls.set(id as string, chunk);
    return [chunk];
  };
  const readDelta = (event: UIEvent): readonly StreamChunk[] => {
    if (event.type === 'text-delta' || event.type === 'reasoning-delta') {
      return [fromDeltaId(stringOf(event, 'id'), stringOf(event, 'delta'))];
    }
    if (event.type !== 'tool-input-delta') return [];
    const call = calls.get(idOf(event));
    if (!call) throw new TypeError(`no tool call ${String(event['toolCallId'])} is open`);
    const { toolCallId, block } = call;
    return [
      { type: 'tool-call-delta', toolCallId, argumentsDelta: stringOf(event, 'inputTextDelta'), block },
    ];
  };

  return ({ data }) => {
    if (data === '[DONE]') {
      answer.finish();
      return [...answer.take(), 'end'];
    }
    const event = JSON.parse(data) as UIEvent | null;
    if (typeof event?.type !== 'string')
      throw new TypeError(`it should be an event, not ${data.slice(0, 500)}`);
    if (event.type === ownType) return readOwn(event);
    if (isOurs) return readDelta(event);
    readEvent(event, answer);
    return answer.take();
  };
}

function readEvent(event: UIEvent, answer: ForeignAnswer): void {
  switch (event.type) {
    case 'start':
      if (typeof event['messageId'] === 'string') answer.responseId = event['messageId'];
      break;
    case 'start-step':
      answer.finish();
      answer.begin();
      break;
    case 'text-delta':
      answer.text(stringOf(event, 'id'), stringOf(event, 'delta'));
      break;
    case 'reasoning-delta':
      answer.thinking(stringOf(event, 'id'), stringOf(event, 'delta'));
      break;
    case 'tool-input-start':
      openCall(event, answer);
      break;
    case 'tool-input-delta':
      answer.addArguments(idOf(event), stringOf(event, 'inputTextDelta'));
      break;
    case 'tool-input-available':
      answer.endCallWith(openCall(event, answer), event['input']);
      break;
    case 'tool-input-error': {
      const { input, errorText } = event;
      const text = typeof input === 'string' ? input : JSON.stringify(input ?? {});
      answer.refuseCall(openCall(event, answer), text, toReason(errorText));
      break;
    }
    case 'tool-approval-request':
      answer.askApproval(idOf(event));
      break;
    case 'tool-output-available':
      if (event['preliminary'] === true) answer.progress(idOf(event), event['output']);
      else answer.result(idOf(event), event['output'], false);
      break;
    case 'tool-output-error':
      answer.result(idOf(event), stringOf(event, 'errorText'), true);
      break;
    case 'tool-output-denied':
      answer.result(idOf(event), 'The call was denied', true);
      break;
    case 'source-url': {
      const { title } = event;
      answer.source({ url: stringOf(event, 'url'), ...(typeof title === 'string' && { title }) });
      break;
    }
    case 'reset-step':
      answer.restart();
      break;
    case 'abort':
      answer.finish('aborted');
      break;
    case 'finish': {
      const { finishReason, messageMetadata } = event;
      const metadata = (messageMetadata ?? {}) as Readonly<Record<string, unknown>>;
      answer.finish(
        finishReason === undefined ? undefined : (reasons[finishReason as string] ?? 'other'),
        metadata,
      );
      break;
    }
    case 'error':
      throw new WireError(`failed: ${stringOf(event, 'errorText')}`);
    default:
  }
}

function idOf(event: UIEvent): string {
  return stringOf(event, 'toolCallId');
}

function openCall(event: UIEvent, answer: ForeignAnswer): string {
  const id = idOf(event);
  const isProviderExecuted = event['providerExecuted'] === true;
  answer.openCall(id, stringOf(event, 'toolName'), { isProviderExecuted });
  return id;
}

function toReason(errorText: unknown): InvalidToolCallReason {
  const known = Object.entries(refusals).find(([, words]) => words === errorText)?.[0];
  return (known as InvalidToolCallReason | undefined) ?? 'invalid-json';
}
