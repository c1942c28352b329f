import type { ToolCallChunk, ToolCallInvalidChunk } from '../../src/chunk.ts';
import { parseArguments } from '../../src/parseArguments.ts';
import { WireError } from './wireError.ts';

/** A tool call whose arguments have come as text. */
export interface CollectedCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly block: number;
  readonly argumentsText: string;
}

/**
 * The arguments so far with another piece of them.
 *
 * @throws {WireError} where they become longer than an event may be: a model may write them without end
 */
export function addArguments(before: string, piece: string, maxLength: number): string {
  if (before.length + piece.length > maxLength) {
    throw new WireError(
      `wrote more than ${maxLength} characters of arguments for one tool (maxEventLength)`,
      {
        code: 'arguments-too-large',
        retryable: false,
      },
    );
  }
  return before + piece;
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
