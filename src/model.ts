import type { Observable } from 'rxjs';
import type { StreamChunk } from './chunk.ts';
import type { ModelRequest } from './request.ts';

/** What a model can do, as far as its provider and name tell. */
export interface Capabilities {
  readonly streaming: boolean;
  readonly tools: boolean;
  readonly parallelTools: boolean;
  readonly thinking: boolean;
  readonly structuredOutput: boolean;
  readonly images: boolean;
}

/**
 * A language model: anything that answers a request with a stream of chunks.
 *
 * @example
 * ```ts
 * openaiChat('gpt-5-mini').stream('Tell me a joke').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 */
export interface LanguageModel {
  /** Name of the service, as it stands in chunks and errors. */
  readonly provider: string;
  /** The provider's name of the model. */
  readonly model: string;
  readonly capabilities: Capabilities;
  /**
   * The answer as a cold Observable: each subscription is one request, unsubscribing aborts it.
   *
   * Errors with an {@link RxllmError}, whatever went wrong.
   */
  stream(request: ModelRequest | string): Observable<StreamChunk>;
}

/** What every provider of this library lets its user set, beside the options of its SDK. */
export interface ProviderSettings {
  /** Name of the service in chunks and errors. @defaultValue the provider's own */
  readonly providerName?: string;
  /** What the model can do, where the provider's guess by its name is wrong. */
  readonly capabilities?: Partial<Capabilities>;
  /** `false` keeps nothing of the answer, so that errors have an empty `partial`. @defaultValue true */
  readonly partial?: boolean;
  /**
   * Most characters that one event of the wire, or the arguments of one tool call, may have, and most bytes that are
   * read of an error's body.
   *
   * @defaultValue 16777216
   */
  readonly maxEventLength?: number;
}
