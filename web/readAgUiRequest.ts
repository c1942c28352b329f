import type { ModelRequest } from '../src/request.ts';
import type { AgUiOptions } from './agUi.ts';
import { readMessages } from './agUi/history.ts';
import { fromWireId } from './agUi/toolIds.ts';
import { toGivenTool, toObject, toObjects, toText, wrong } from './internal/given.ts';

/** What an AG-UI client asks for. */
export interface AgUiRequest {
  /** For a model; of an agent, its `messages`. */
  readonly request: ModelRequest;
  /** For {@link agUi}: the ids of thread and run, and the calls that a run which is resumed has told before. */
  readonly options: Pick<AgUiOptions, 'threadId' | 'runId' | 'openCalls'>;
  /** Answers to the calls that the last run waited for, for `resume` of an agent. */
  readonly decisions: Readonly<Record<string, { readonly approved: boolean; readonly reason?: string }>>;
  /** What the application tells of itself. */
  readonly context: readonly { readonly description: string; readonly value: string }[];
  /** State and properties of the application, as they came. */
  readonly state: unknown;
  readonly forwardedProps: unknown;
}

/**
 * Reads the body that an AG-UI client posts, its `RunAgentInput`.
 *
 * The tools are those that the client runs. Their results, and signatures of thinking, come back with the conversation;
 * calls that nobody answered are left out of it, since no provider accepts them.
 *
 * @throws {InvalidRequestError} naming the field, what it must be and what it is
 *
 * @example
 * ```ts
 * const { request, options } = readAgUiRequest(await context.req.json());
 * return toResponse(assistant.stream(request.messages), { format: agUi(options) });
 * ```
 */
export function readAgUiRequest(body: unknown): AgUiRequest {
  const given = toObject('The body', body);
  const tools = toObjects('tools', given['tools'] ?? []).map(([path, tool]) => toGivenTool(path, tool));
  const { messages, openCalls } = readMessages(given['messages']);
  const decisions = readDecisions(given['resume'] ?? []);

  return {
    request: { messages, ...(tools.length > 0 && { tools }) },
    options: {
      threadId: toText('threadId', given['threadId']),
      runId: toText('runId', given['runId']),
      ...(Object.keys(decisions).length > 0 && { openCalls }),
    },
    decisions,
    context: toObjects('context', given['context'] ?? []).map(([path, { description, value }]) => ({
      description: toText(`${path}.description`, description),
      value: toText(`${path}.value`, value),
    })),
    state: given['state'],
    forwardedProps: given['forwardedProps'],
  };
}

function readDecisions(given: unknown): AgUiRequest['decisions'] {
  const decisions = toObjects('resume', given).map(([path, { interruptId, status, payload }]) => {
    if (status !== 'resolved' && status !== 'cancelled')
      throw wrong(`${path}.status`, 'resolved or cancelled', status);
    const { approved = payload, reason } = Object(payload) as { approved?: unknown; reason?: unknown };
    const decision = {
      approved: status === 'resolved' && approved !== false,
      ...(typeof reason === 'string' && { reason }),
    };
    return [fromWireId(toText(`${path}.interruptId`, interruptId)), decision] as const;
  });
  return Object.fromEntries(decisions);
}
