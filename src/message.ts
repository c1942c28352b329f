import type { JsonObject, JsonValue } from './json.ts';
import type { Usage } from './usage.ts';

/** A piece of plain text. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  /** What the text cites, in order of appearance. Only in answers. */
  readonly sources?: readonly Source[];
  readonly signature?: Signature;
}

/** An image that the model is to look at. */
export interface ImagePart {
  readonly type: 'image';
  /** The bytes in base64, or an `http(s)` URL that the provider fetches. */
  readonly image: string | URL;
  /** Media type of base64 bytes. @defaultValue 'image/png' */
  readonly mediaType?: string;
}

/** What a provider wants to see again, untouched, when the conversation goes on. */
export interface Signature {
  /** The wire protocol that understands it: `anthropic`, `openai`, `openai-chat`. */
  readonly format: string;
  /** Signature, redacted data or encrypted content in that protocol's own shape. */
  readonly data: JsonValue;
}

/** The model's thinking, or its summary of it. */
export interface ThinkingPart {
  readonly type: 'thinking';
  readonly text: string;
  readonly kind: ThinkingKind;
  readonly signature?: Signature;
}

/** Whether thinking is the model's own words or a summary of them. */
export type ThinkingKind = 'thinking' | 'summary';

/** The model's words of refusal, where the provider tells them from text. */
export interface RefusalPart {
  readonly type: 'refusal';
  readonly text: string;
}

/** A tool call whose arguments are complete and are JSON. */
export interface ToolCallPart {
  readonly type: 'tool-call';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: JsonObject;
  /** True when the provider runs the tool itself, a web search for instance. */
  readonly providerExecuted?: boolean;
  readonly signature?: Signature;
}

/** A tool call that must not run: its arguments were cut off or are not a JSON object. */
export interface InvalidToolCallPart {
  readonly type: 'tool-call-invalid';
  readonly toolCallId: string;
  readonly toolName: string;
  readonly argumentsText: string;
  readonly reason: InvalidToolCallReason;
}

/** Why a tool call must not run. */
export type InvalidToolCallReason = 'incomplete' | 'invalid-json' | 'not-an-object';

/** What a tool gave back. */
export interface ToolResultPart {
  readonly type: 'tool-result';
  readonly toolCallId: string;
  readonly toolName: string;
  /** Text goes to the model as it is, any other value as JSON. */
  readonly result: unknown;
  /** True when the result tells the model of a failure. @defaultValue false */
  readonly isError?: boolean;
  /** True when the provider ran the tool: the part then stands in the assistant's message. */
  readonly providerExecuted?: boolean;
}

/** Where a statement comes from. */
export interface Source {
  readonly url?: string;
  readonly title?: string;
  /** First and one past the last character that is cited, in the provider's own count. */
  readonly span?: { readonly start: number; readonly end: number };
  /** The provider's own citation, for sending it back. */
  readonly raw?: unknown;
}

/** Instructions. They may stand anywhere; providers that know only one place get them there, in order. */
export interface SystemMessage {
  readonly role: 'system';
  readonly content: string;
}

/** What the user says. */
export interface UserMessage {
  readonly role: 'user';
  readonly content: string | readonly (TextPart | ImagePart)[];
}

/** One part of an assistant's message. */
export type AssistantPart =
  TextPart | RefusalPart | ThinkingPart | ToolCallPart | InvalidToolCallPart | ToolResultPart;

/** What the model said in one call, as the response reducer builds it. */
export interface AssistantMessage {
  readonly role: 'assistant';
  readonly content: string | readonly AssistantPart[];
}

/** Results of the tool calls of the assistant's message before it. */
export interface ToolMessage {
  readonly role: 'tool';
  readonly content: readonly ToolResultPart[];
}

/** One message of a conversation; plain JSON, except that an image may be a `URL`. */
export type Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage;

/** What of one model call has arrived. Every error of this library carries one, see {@link RxllmError.partial}. */
export interface PartialResponse {
  /** All text, blocks joined without a separator. */
  readonly text: string;
  /** All thinking, parts joined by a blank line. */
  readonly thinking: string;
  /** All text of refusal. */
  readonly refusal: string;
  /** The complete tool calls. */
  readonly toolCalls: readonly ToolCallPart[];
  /** Tool calls that are cut off or malformed. */
  readonly invalidToolCalls: readonly InvalidToolCallPart[];
  /** The latest usage that the provider told. */
  readonly usage?: Usage;
  /** All of it in order, ready to be sent back. */
  readonly message: AssistantMessage;
}
