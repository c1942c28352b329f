/** What is read of an event, or of a whole response; servers leave out or null anything. */
export interface WireEvent extends WireResponse {
  readonly type?: string;
  readonly response?: WireResponse | null;
  readonly item?: WireItem | null;
  readonly part?: WirePart | null;
  readonly annotation?: WireAnnotation | null;
  readonly output_index?: number | null;
  readonly content_index?: number | null;
  readonly summary_index?: number | null;
  readonly delta?: string | null;
  readonly text?: string | null;
  readonly refusal?: string | null;
  readonly arguments?: unknown;
  readonly logprobs?: readonly unknown[] | null;
}

/** A response, as its first and last events hold it. */
export interface WireResponse {
  readonly object?: string | null;
  readonly id?: string | null;
  readonly model?: string | null;
  readonly status?: string | null;
  readonly store?: boolean | null;
  readonly output?: readonly WireItem[] | null;
  readonly usage?: WireUsage | null;
  readonly error?: unknown;
  readonly incomplete_details?: { readonly reason?: string | null } | null;
  readonly service_tier?: string | null;
  readonly content_filters?: unknown;
}

/** Token counts of a response. */
export interface WireUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly total_tokens?: number | null;
  readonly input_tokens_details?: {
    readonly cached_tokens?: number | null;
    readonly cache_write_tokens?: number | null;
  } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number | null } | null;
}

/** What is read of an item of the output; servers leave out or null anything. */
export interface WireItem extends Readonly<Record<string, unknown>> {
  readonly type?: string | null;
  readonly id?: string | null;
  readonly call_id?: string | null;
  readonly name?: string | null;
  readonly status?: string | null;
  readonly phase?: string | null;
  readonly arguments?: unknown;
  readonly content?: readonly WirePart[] | null;
  readonly summary?: readonly WirePart[] | null;
  readonly encrypted_content?: string | null;
}

/** A part of a message or of a reasoning item. */
export interface WirePart {
  readonly type?: string | null;
  readonly text?: string | null;
  readonly refusal?: string | null;
  readonly annotations?: readonly WireAnnotation[] | null;
}

/** What a text cites: a page, a file, or a file of a container. */
export interface WireAnnotation {
  readonly url?: string | null;
  readonly title?: string | null;
  readonly filename?: string | null;
  readonly start_index?: number | null;
  readonly end_index?: number | null;
}
