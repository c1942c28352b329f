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
