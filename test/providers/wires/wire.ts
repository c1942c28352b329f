import type { LanguageModel, ProviderSettings } from '../../../src/model.ts';

/** How one provider's server speaks; what the provider contract needs to play that server. */
export interface Wire {
  /** Name of the exported provider function. */
  readonly name: string;
  /** The provider under test, asking the server at `url`. `provider` of the model must be `providerName`. */
  readonly create: (url: string, settings?: ProviderSettings, model?: string) => LanguageModel;
  /** The same through a ready client of the SDK, where there is one. */
  readonly createWithClient?: (url: string) => Promise<LanguageModel>;
  readonly contentType: string;
  /** Frames an event as this protocol does: `data: …\n\n`, or a line of JSON. */
  readonly frame: (event: object) => string;
  /** Events up to the first content, the first of them with the id `answer-1` where the protocol has ids. */
  readonly opening: readonly object[];
  /** The event or events of a piece of text, all in the same first text block. */
  readonly text: (text: string) => readonly object[];
  /** The events of a whole call of the tool `weather` with the id `call_1` and `{"city":"Bern"}`; none before it in the answer. */
  readonly toolCall: readonly object[];
  /** Closing events, with 3 input and 5 output tokens and the word for `stop`, as they follow `text`. */
  readonly closing: readonly object[];
  /** Closing events as they follow `toolCall`. */
  readonly closingAfterTool: readonly object[];
  /** What comes behind the closing events, `data: [DONE]\n\n` for instance, or nothing. */
  readonly sentinel: string;
  /** An error that the server reports inside the stream, with the words `server overloaded`. */
  readonly errorEvent: object;
  /** The answer `Hello` to a request with `stream: false`, with the same usage. */
  readonly whole: object;
  /** The body of an HTTP error with the words `slow down`. */
  readonly errorBody: object;
  /** The provider's own word for the end of `closing`. */
  readonly rawReason: string;
}
