import type { ErrorChunk } from '../../src/chunk.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type { ApprovalDecision } from '../../src/tool.ts';
import type { WrittenChunk } from './jsonEvents.ts';

/** What a client of {@link serveWebSocket} sends, as JSON: a message begins a turn. */
export type SocketInput =
  | { readonly message: unknown }
  | { readonly stop: true }
  | { readonly approve: ApprovalDecision & { readonly toolCallId: string } };

/** The answer to input that is none; of no turn. */
interface InputError {
  readonly type: 'input-error';
  readonly error: ErrorChunk['error'];
}

/** What {@link serveWebSocket} sends, as JSON: the chunks of one turn after the other, each with its end. */
export type SocketFrame = WrittenChunk | InputError;

/** Input that is none, and why. */
export interface RefusedInput {
  readonly refused: InvalidRequestError;
}

/** What a client has sent, if it is what a client may send. */
export function readInput(data: unknown): SocketInput | RefusedInput {
  return checkInput(parse(data));
}

/** The same input, if it is what a client may send. */
export function checkInput(input: unknown): SocketInput | RefusedInput {
  if (typeof input !== 'object' || input === null) return invalid('it should be a JSON object');
  if ('message' in input) return { message: input.message };
  if ('stop' in input && input.stop === true) return { stop: true };
  if (!('approve' in input)) return invalid('it should have a message, an approve or stop: true');

  const { toolCallId, approved } = Object(input.approve) as Record<string, unknown>;
  if (typeof toolCallId !== 'string' || typeof approved !== 'boolean') {
    return invalid('approve should have a toolCallId and approved');
  }
  return input as SocketInput;
}

function parse(data: unknown): unknown {
  try {
    return typeof data === 'string' ? JSON.parse(data) : undefined;
  } catch {
    return undefined;
  }
}

function invalid(why: string): RefusedInput {
  return refuse(`This input cannot be understood: ${why}`);
}

/** Refuses input. */
export function refuse(message: string): RefusedInput {
  return { refused: new InvalidRequestError(message) };
}
