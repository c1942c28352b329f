import type {
  AssistantMessage,
  AssistantPart,
  InvalidToolCallPart,
  ToolCallPart,
} from '../../src/message.ts';

/** A call that is answered on this side. */
export type CallPart = ToolCallPart | InvalidToolCallPart;

/** The calls of a message that this side has to answer, and not the provider. */
export function ownCallsOf({ content }: AssistantMessage): readonly CallPart[] {
  return typeof content === 'string' ? [] : content.filter(isOwnCall);
}

function isOwnCall(part: AssistantPart): part is CallPart {
  return part.type === 'tool-call-invalid' || (part.type === 'tool-call' && !part.providerExecuted);
}
