/** What of a `chat.completion.chunk` is written; an object or array that is, is new each time. */
export interface ChatCompletionChunk {
  readonly id: string;
  readonly object: 'chat.completion.chunk';
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly delta: ChatDelta;
    readonly finish_reason: ChatFinishReason | null;
    readonly logprobs: null;
  }[];
  readonly usage?: ChatUsage | null;
}

/** A whole answer, as Chat Completions gives it where no stream was asked for. */
export interface ChatCompletion {
  readonly id: string;
  readonly object: 'chat.completion';
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly [
    {
      readonly index: 0;
      readonly message: ChatMessage;
      readonly finish_reason: ChatFinishReason;
      readonly logprobs: null;
    },
  ];
  readonly usage?: ChatUsage;
}

/** The message of a {@link ChatCompletion}. */
export interface ChatMessage {
  readonly role: 'assistant';
  readonly content: string | null;
  readonly refusal: string | null;
  /** The model's thinking, where there was some: a field of many servers, not of OpenAI's own. */
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ChatToolCall[];
}

/** A tool call that the client is to run. */
export interface ChatToolCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** What a chunk adds to the message. */
export interface ChatDelta {
  readonly role?: 'assistant';
  readonly content?: string;
  readonly refusal?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly [ChatToolCallDelta];
}

/** A piece of a tool call; id and name come with the first. */
export interface ChatToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: 'function';
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** Why the model stopped, in OpenAI's words. */
export type ChatFinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';

/** Tokens of all model calls behind the answer. */
export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
  readonly completion_tokens_details?: { readonly reasoning_tokens: number };
}

/** The body of a refusal or failure. */
export interface ChatErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: null;
    readonly code: string | null;
  };
}
