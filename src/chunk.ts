import type { JsonObject } from './json.ts';
import type {
  AssistantMessage,
  InvalidToolCallReason,
  PartialResponse,
  Signature,
  Source,
  ThinkingKind,
  ToolMessage,
} from './message.ts';
import type { RunState } from './runState.ts';
import type { SchemaIssue } from './schema.ts';
import type { Usage } from './usage.ts';

/** Opens one model call. */
export interface StartChunk {
  readonly type: 'start';
  readonly provider: string;
  readonly model: string;
  /** The provider's id of the answer. */
  readonly responseId?: string;
  /** The provider's id of the HTTP request; what its support asks for. */
  readonly requestId?: string;
  /** Name of the agent that makes the call. */
  readonly agent?: string;
  /** Number of the call within an agent's run, from 1. */
  readonly round?: number;
}

/** A piece of the answer. */
export interface TextDeltaChunk {
  readonly type: 'text-delta';
  readonly text: string;
  readonly block: number;
}

/** A piece of a refusal, where the provider tells it from text. */
export interface RefusalDeltaChunk {
  readonly type: 'refusal-delta';
  readonly text: string;
  readonly block: number;
}

/** A piece of the model's thinking. */
export interface ThinkingDeltaChunk {
  readonly type: 'thinking-delta';
  readonly text: string;
  readonly block: number;
  readonly kind: ThinkingKind;
}

/** Opaque data that belongs to a block and goes back to the provider on the next turn. */
export interface ThinkingSignatureChunk extends Signature {
  readonly type: 'thinking-signature';
  readonly block: number;
}

/** A tool call has begun; always precedes its {@link ToolCallChunk} or {@link ToolCallInvalidChunk}. */
export interface ToolCallStartChunk {
  readonly type: 'tool-call-start';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly block: number;
}

/** A piece of the JSON text of a tool call's arguments. */
export interface ToolCallDeltaChunk {
  readonly type: 'tool-call-delta';
  readonly toolCallId: string;
  readonly argumentsDelta: string;
  readonly block: number;
}

/** A tool call is complete and its arguments are a JSON object. */
export interface ToolCallChunk {
  readonly type: 'tool-call';
  /** Unique within its call only: some servers count from 0 each time. */
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: JsonObject;
  readonly block: number;
  /** True when the provider runs the tool itself. */
  readonly providerExecuted?: boolean;
}

/** A tool call that must not run: its arguments were cut off or are not a JSON object. */
export interface ToolCallInvalidChunk {
  readonly type: 'tool-call-invalid';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly argumentsText: string;
  readonly reason: InvalidToolCallReason;
  readonly block: number;
}

/** A tool waits for somebody's consent. */
export interface ApprovalRequestChunk {
  readonly type: 'approval-request';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: JsonObject;
}

/** A running tool tells how far it is. */
export interface ToolProgressChunk {
  readonly type: 'tool-progress';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly value: unknown;
}

/** A tool has ended. */
export interface ToolResultChunk {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly result: unknown;
  readonly isError: boolean;
  /** Milliseconds of RxJS time that the tool ran; 0 where the provider ran it. */
  readonly durationMs: number;
  /** True when the provider ran the tool; only then the result has a block in the answer. */
  readonly providerExecuted?: boolean;
  readonly block?: number;
}

/** The text of `block` cites something. */
export interface SourceChunk extends Source {
  readonly type: 'source';
  readonly block: number;
}

/** What the call has used so far; the latest wins. */
export interface UsageChunk {
  readonly type: 'usage';
  readonly usage: Usage;
}

/** The facts of an error, as plain JSON. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly provider?: string;
  readonly requestId?: string;
  readonly status?: number;
  readonly code?: string;
  /** Milliseconds. */
  readonly retryAfter?: number;
  /** Milliseconds since 1970. */
  readonly retryAt?: number;
  readonly limit?: 'first' | 'each' | 'total';
  readonly milliseconds?: number;
  readonly packageName?: string;
  readonly issues?: readonly SchemaIssue[];
  readonly path?: readonly (string | number)[];
  readonly position?: number;
  readonly text?: string;
}

/** Everything since the latest `start` is void, another attempt follows; earlier calls stand. */
export interface RestartChunk {
  readonly type: 'restart';
  /** Number of the attempt that follows, from 2. */
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Milliseconds until that attempt. */
  readonly delayMs: number;
  readonly error: ErrorFacts;
  /** What the voided attempt had used, as far as it was told. */
  readonly usage?: Usage;
}

/** Why a model call ended. */
export type FinishReason =
  'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'limit' | 'aborted' | 'other';

/** Closes one model call. */
export interface FinishChunk {
  readonly type: 'finish';
  readonly reason: FinishReason;
  /** The provider's own word, absent where it gave none. */
  readonly rawReason?: string;
  /** Equal to the last `usage` of the call. */
  readonly usage?: Usage;
  /** What only this provider tells: stop sequence, service tier, fingerprint, durations, … */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One finished message of an agent's conversation. */
export interface MessageChunk {
  readonly type: 'message';
  readonly message: AssistantMessage | ToolMessage;
}

/** Closes an agent's run. */
export interface RunFinishChunk {
  readonly type: 'run-finish';
  readonly reason: FinishReason;
  /** Tokens of the calls that count. */
  readonly usage?: Usage;
  /** Tokens of all calls, voided attempts included. */
  readonly billedUsage?: Usage;
  readonly cost?: number;
  readonly durationMs: number;
  readonly rounds: number;
  readonly lastAgent?: string;
  /** What the agent's `outputSchema` makes of the answer. */
  readonly finalOutput?: unknown;
  /** The run as it waits for decisions; only with reason `pause`. */
  readonly state?: RunState;
}

/** The error that ended the stream, as data; from {@link errorsToChunks}. */
export interface ErrorChunk {
  readonly type: 'error';
  readonly error: ErrorFacts & { readonly partial?: PartialResponse };
}

/** The provider's own event, only when the request has `includeRaw`. It precedes the chunks made of it. */
export interface RawChunk {
  readonly type: 'raw';
  readonly event: unknown;
}

/**
 * One element of every stream of this library: plain, immutable JSON, told apart by `type`.
 *
 * ```text
 * stream = call*
 * call   = start (content | usage | raw)* finish (tool chunks)*
 * ```
 *
 * `block` counts the content blocks of one call from 0 in the order of their first chunk; each tool call is one.
 *
 * @see {@link verifyGrammar} to check a stream of your own against that grammar.
 */
export type StreamChunk =
  | StartChunk
  | TextDeltaChunk
  | RefusalDeltaChunk
  | ThinkingDeltaChunk
  | ThinkingSignatureChunk
  | ToolCallStartChunk
  | ToolCallDeltaChunk
  | ToolCallChunk
  | ToolCallInvalidChunk
  | ApprovalRequestChunk
  | ToolProgressChunk
  | ToolResultChunk
  | SourceChunk
  | UsageChunk
  | RestartChunk
  | FinishChunk
  | MessageChunk
  | RunFinishChunk
  | ErrorChunk
  | RawChunk;

/** The name of a kind of chunk. */
export type ChunkType = StreamChunk['type'];

/** The chunks of the given kind or kinds. */
export type ChunkOf<T extends ChunkType> = Extract<StreamChunk, { type: T }>;
