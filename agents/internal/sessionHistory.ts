import { abortedResult, refuse } from '../../operators/internal/toolRun.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { InvalidRequestError } from '../../src/errors.ts';
import type {
  AssistantMessage,
  Message,
  TextPart,
  ImagePart,
  ToolResultPart,
  UserMessage,
} from '../../src/message.ts';
import { toRequest } from '../../src/request.ts';
import type { RunState } from '../../src/runState.ts';
import { type CallPart, ownCallsOf } from './ownCalls.ts';
import { Round } from './round.ts';
import type { SessionEvent, SessionMessage } from './sessionRecords.ts';

/**
 * What a session's log amounts to.
 *
 * A log may end anywhere, since a process may. What is missing then is made up when the run is closed: the answer so
 * far becomes a message that is marked, tool calls without a result get one that says so.
 */
export class History {
  #messages: readonly SessionMessage[] = [];
  /** The messages before the run under way. */
  #before: readonly SessionMessage[] | undefined;
  #round: Round | undefined;
  /** Whether the next call is one that waited, told again. */
  #isToldAgain = false;
  #title: string | undefined;
  #waiting: RunState | undefined;
  #inputTokens: number | undefined;

  /** The finished messages. */
  get messages(): readonly SessionMessage[] {
    return this.#messages;
  }

  get title(): string | undefined {
    return this.#title;
  }

  /** The run that waits for decisions. */
  get waiting(): RunState | undefined {
    return this.#waiting;
  }

  /** Tokens of the latest request, unless the history is another since. */
  get inputTokens(): number | undefined {
    return this.#inputTokens;
  }

  take(record: SessionEvent): void {
    switch (record.type) {
      case 'session':
        checkVersion(record.version);
        this.#title = record.title ?? this.#title;
        break;
      case 'history':
        this.#messages = record.messages;
        this.#inputTokens = undefined;
        this.#wait(record.state);
        break;
      case 'send':
        this.#close();
        this.#waiting = undefined;
        this.#before = this.#messages;
        this.#messages = addUser(this.#messages, record.message);
        break;
      case 'resume':
        this.#waiting = undefined;
        this.#isToldAgain = true;
        break;
      case 'pieces':
        for (const chunk of record.chunks) this.#takePiece(chunk);
        break;
      case 'message':
        this.#inputTokens = record.inputTokens ?? this.#inputTokens;
        this.#takeMessage(record.message);
        break;
      case 'end':
        if (record.state) this.#wait(record.state);
        else this.#close();
        // What the model said nothing to is taken back, so that it can be sent again.
        if (this.#before && this.#messages.at(-1)?.role === 'user') this.#messages = this.#before;
        this.#before = undefined;
        break;
      default:
    }
  }

  /** The conversation as it can go on: an answer that broke off is marked, its tool calls have results. */
  get sendable(): readonly SessionMessage[] {
    return [...this.#messages, ...this.#missing()];
  }

  /** Makes the history of a log that broke off one that can go on. */
  recover(): void {
    if (!this.#waiting) this.#close();
  }

  #close(): void {
    const missing = this.#missing();
    this.#round = undefined;
    this.#isToldAgain = false;
    if (missing.length > 0) this.#messages = [...this.#messages, ...missing];
  }

  #missing(): readonly SessionMessage[] {
    const message = this.#round?.message;
    if (!this.#round || !message || message.content.length === 0) return [];
    const results = answerCalls(message, this.#round.settle().results);
    return [
      ...(this.#round.isResumed ? [] : [{ ...message, partial: true } as const]),
      ...(results.length > 0 ? [{ role: 'tool', content: results } as const] : []),
    ];
  }

  #takePiece(chunk: StreamChunk): void {
    if (chunk.type === 'start' && !this.#isToldAgain) {
      this.#close();
      this.#round = new Round();
    }
    if (chunk.type === 'start') this.#isToldAgain = false;
    this.#round?.take(chunk);
  }

  #takeMessage(message: SessionMessage): void {
    this.#messages = [...this.#messages, message];
    this.#round = toRound(message, this.#round?.settle().results);
  }

  #wait(state: RunState | undefined): void {
    this.#waiting = state;
    this.#isToldAgain = false;
    this.#round = toRound(state?.messages.at(-1) ?? this.#messages.at(-1), state?.results);
  }
}

/** The round of a message that has finished, whose calls may want results. */
function toRound(
  message: SessionMessage | undefined,
  results: readonly ToolResultPart[] | undefined,
): Round | undefined {
  return message?.role === 'assistant' ? new Round(message, results) : undefined;
}

/** Checks that messages can be sent: their form, and that each tool call has its result and each result its call. */
export function checkMessages(messages: readonly Message[]): void {
  if (!Array.isArray(messages) || messages.length > 0) toRequest({ messages });
  for (const [index, message] of messages.entries()) {
    const calls = message.role === 'assistant' ? ownCallsOf(message) : [];
    const next = messages[index + 1];
    const isOrphan = index === 0 && message.role === 'tool';
    if (!isOrphan && idsOf(calls) === idsOf(next?.role === 'tool' ? next.content : [])) continue;
    throw new InvalidRequestError(
      `messages[${index}]: tool calls and results do not fit; keep a message of calls and that of its results, or neither`,
    );
  }
}

function idsOf(parts: readonly { readonly toolCallId: string }[]): string {
  const ids = parts.map(({ toolCallId }) => toolCallId);
  return JSON.stringify(ids.sort());
}

/** A result for each call, in their order. */
function answerCalls(
  message: AssistantMessage,
  results: readonly ToolResultPart[],
): readonly ToolResultPart[] {
  const open = [...results];
  return ownCallsOf(message).map((call) => {
    const index = open.findIndex(({ toolCallId }) => toolCallId === call.toolCallId);
    return open.splice(index, index < 0 ? 0 : 1)[0] ?? fail(call);
  });
}

function fail(call: CallPart): ToolResultPart {
  const { toolCallId, toolName } = call;
  const result = call.type === 'tool-call' ? abortedResult : refuse({ ...call, block: 0 }).result;
  return { type: 'tool-result', toolCallId, toolName, result, isError: true };
}

/** Roles have to alternate: what has had no answer is said together with what follows, and never twice. */
function addUser(messages: readonly SessionMessage[], message: UserMessage): readonly SessionMessage[] {
  const last = messages.at(-1);
  if (last?.role !== 'user') return [...messages, message];
  if (JSON.stringify(last.content) === JSON.stringify(message.content)) return messages;
  return [
    ...messages.slice(0, -1),
    { role: 'user', content: [...toParts(last.content), ...toParts(message.content)] },
  ];
}

function toParts(content: UserMessage['content']): readonly (TextPart | ImagePart)[] {
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function checkVersion(version: number): void {
  if (version === 1) return;
  throw new InvalidRequestError(
    `The session was written by a newer version of this library (format ${version})`,
  );
}
