import type { AssistantPart, InvalidToolCallPart, ToolCallPart } from '../../src/message.ts';

/** A call that is answered on this side. */
export type CallPart = ToolCallPart | InvalidToolCallPart;

/** Whether the part is a call that this side has to answer, and not the provider. */
export function isOwnCall(part: AssistantPart): part is CallPart {
  return part.type === 'tool-call-invalid' || (part.type === 'tool-call' && !part.providerExecuted);
}
