import type { ModelRequest } from '../src/request.ts';
import { toObject, toOptional, toText, wrong } from './internal/given.ts';
import { readDecided, readMessages } from './uiMessageStream/history.ts';
import type { UIMessageStreamOptions } from './uiMessageStream.ts';

/** What `useChat` asks for. */
export interface UIMessageRequest {
  /** The id of the conversation. */
  readonly id: string;
  /** For a model; of an agent, its `messages`. */
  readonly request: ModelRequest;
  readonly trigger: 'submit-message' | 'regenerate-message';
  /** The message that is to be made again. */
  readonly messageId?: string;
  /** Answers to the calls that the last run waited for, for `resume` of an agent. */
  readonly decisions: Readonly<Record<string, { readonly approved: boolean; readonly reason?: string }>>;
  /** For {@link uiMessageStream}: the calls that a run which is resumed has told before. */
  readonly options: Pick<UIMessageStreamOptions, 'openCalls'>;
}

/**
 * Reads the body that `useChat` of the AI SDK posts by its `DefaultChatTransport`.
 *
 * Each step of an answer becomes the messages that it was: what the model said, and the results of its tools. Thinking
 * comes back with its signature. Sources and data parts are left out, and so are calls that nobody answered, since no
 * provider accepts them. Of files only images can be read.
 *
 * The client may send what it likes: it is a proposal of what was said, not a proof.
 *
 * @throws {InvalidRequestError} naming the field, what it must be and what it is
 *
 * @example
 * ```ts
 * const { id, request, decisions, options } = readUIMessageRequest(await context.req.json());
 * const waiting = states.get(id);
 * const run = waiting ? assistant.resume(waiting, decisions) : assistant.stream(request.messages);
 * return toResponse(run, { format: uiMessageStream(options) });
 * ```
 */
export function readUIMessageRequest(body: unknown): UIMessageRequest {
  const { id, messages, trigger = 'submit-message', messageId } = toObject('The body', body);
  if (trigger !== 'submit-message' && trigger !== 'regenerate-message') {
    throw wrong('trigger', 'submit-message or regenerate-message', trigger);
  }
  const { decisions, openCalls } = readDecided(messages);
  const again = toOptional(toText, 'messageId', messageId);

  return {
    id: toText('id', id),
    request: { messages: readMessages(messages) },
    trigger,
    ...(again !== undefined && { messageId: again }),
    decisions,
    options: Object.keys(decisions).length > 0 ? { openCalls } : {},
  };
}
