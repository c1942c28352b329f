import type { ToolCallChunk, ToolCallInvalidChunk } from '../../src/chunk.ts';
import { parseArguments } from '../../src/parseArguments.ts';

/** A tool call whose arguments have come as text. */
export interface CollectedCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly block: number;
  readonly argumentsText: string;
}

/**
 * Closes a tool call: as one that may run, or as one that must not.
 *
 * `cutOff` says that the model ran out of tokens before the call was closed; then even empty arguments,
 * which otherwise mean none, are incomplete.
 */
export function closeToolCall(call: CollectedCall, cutOff: boolean): ToolCallChunk | ToolCallInvalidChunk {
  const { toolCallId, toolName, block, argumentsText } = call;
  const parsed = parseArguments(argumentsText);
  const isCut = cutOff && (parsed.reason === 'invalid-json' || argumentsText.trim() === '');

  return parsed.arguments && !isCut && toolName !== ''
    ? { type: 'tool-call', toolCallId, toolName, arguments: parsed.arguments, block }
    : {
        type: 'tool-call-invalid',
        toolCallId,
        toolName,
        argumentsText,
        reason: isCut ? 'incomplete' : (parsed.reason ?? 'incomplete'),
        block,
      };
}
