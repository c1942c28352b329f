/** What is read of an event, or of a whole message; gateways leave out or null anything. */
export interface WireEvent {
  readonly type?: string;
  readonly index?: number | null;
  readonly message?: WireMessage | null;
  readonly content_block?: WireContent | null;
  readonly delta?: (WireDelta & WireFacts) | null;
  readonly usage?: WireUsage | null;
  readonly context_management?: unknown;
  readonly error?: unknown;
}

/** A message: its head in `message_start`, or the whole of it. */
export interface WireMessage extends WireFacts {
  readonly id?: string | null;
  readonly model?: string | null;
  readonly content?: readonly WireContent[] | null;
  readonly usage?: WireUsage | null;
}

/** How a message ended, and what else is told of it. */
export interface WireFacts {
  readonly stop_reason?: string | null;
  readonly stop_sequence?: string | null;
  readonly stop_details?: unknown;
  readonly container?: unknown;
  readonly context_management?: unknown;
  readonly diagnostics?: unknown;
}

/** A piece of a content block. */
export interface WireDelta {
  readonly type?: string;
  readonly text?: string | null;
  readonly thinking?: string | null;
  readonly signature?: string | null;
  readonly partial_json?: string | null;
  readonly citation?: WireCitation | null;
}

/** Token counts; those of the cache stand apart. */
export interface WireUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number | null } | null;
  readonly service_tier?: string | null;
}

/** A content block; what a block of unknown type holds is not looked at. */
export interface WireContent {
  readonly type?: string;
  readonly text?: string | null;
  readonly citations?: readonly WireCitation[] | null;
  readonly thinking?: string | null;
  readonly signature?: string | null;
  readonly data?: string | null;
  readonly id?: string | null;
  readonly name?: string | null;
  readonly input?: unknown;
  readonly tool_use_id?: string | null;
  readonly is_error?: boolean | null;
  readonly content?: unknown;
}

/** What a text cites. */
export interface WireCitation {
  readonly url?: string | null;
  readonly source?: string | null;
  readonly title?: string | null;
  readonly document_title?: string | null;
  readonly start_char_index?: number | null;
  readonly end_char_index?: number | null;
}

/** A content block, of a request or of an answer. */
export type WireBlock = Readonly<Record<string, unknown>>;

/** A message of a request; `user` also holds the results of tools. */
export interface WireTurn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly WireBlock[];
}

/** A conversation as the Messages API takes it. */
export interface WireConversation {
  readonly system: readonly WireBlock[];
  readonly turns: readonly WireTurn[];
}
