/** What is read of a `chat.completion.chunk`, or of a `chat.completion`; servers leave out or null anything. */
export interface WireEvent {
  readonly id?: string | null;
  readonly model?: string | null;
  readonly choices?: readonly WireChoice[] | null;
  readonly usage?: WireUsage | null;
  readonly x_groq?: { readonly usage?: WireUsage | null; readonly error?: unknown } | null;
  readonly error?: unknown;
  readonly system_fingerprint?: string | null;
  readonly service_tier?: string | null;
  readonly citations?: readonly unknown[] | null;
  readonly search_results?: readonly { readonly url?: string; readonly title?: string }[] | null;
  readonly timings?: unknown;
}

/** One of the answers; only the first is read. */
export interface WireChoice {
  readonly index?: number | null;
  readonly delta?: WireDelta | null;
  readonly message?: WireDelta | null;
  readonly finish_reason?: string | null;
  readonly native_finish_reason?: string | null;
  readonly stop_reason?: unknown;
  readonly matched_stop?: unknown;
  readonly logprobs?: { readonly content?: readonly unknown[] | null } | null;
  readonly usage?: WireUsage | null;
}

/** A piece of an answer, or a whole message. */
export interface WireDelta {
  readonly content?: string | readonly WireContentPart[] | null;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: unknown;
  readonly reasoning_details?: readonly WireReasoningDetail[] | null;
  readonly tool_calls?: readonly WireToolCall[] | null;
  readonly annotations?: readonly WireAnnotation[] | null;
}

/** A part of content, which Mistral sends while the model thinks. */
export interface WireContentPart {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: readonly { readonly text?: string }[] | string;
}

/** A piece of thinking as OpenRouter and others send it, beside or in place of plain text. */
export type WireReasoningDetail = Record<string, unknown> & {
  readonly type?: string;
  readonly index?: number;
};

/** A citation. */
export interface WireAnnotation {
  readonly url_citation?: {
    readonly url?: string;
    readonly title?: string;
    readonly start_index?: number;
    readonly end_index?: number;
  };
}

/** Token counts; any may be null until the end. */
export interface WireUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly total_tokens?: number | null;
  readonly prompt_tokens_details?: {
    readonly cached_tokens?: number | null;
    readonly cache_write_tokens?: number | null;
  } | null;
  readonly prompt_cache_hit_tokens?: number | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
}

/** A piece of a tool call as servers send it; every field may be missing, null or empty. */
export interface WireToolCall {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: { readonly name?: string | null; readonly arguments?: unknown } | null;
  readonly extra_content?: unknown;
}
