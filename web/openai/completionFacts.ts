import { asyncScheduler, type SchedulerLike } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { ToolView } from './deltas.ts';

/** Options of {@link openaiFormat} and {@link toChatCompletion}; `readOpenaiRequest` reads `model`, `tools` and `includeUsage`. */
export interface OpenaiOptions extends ToolView {
  /** @defaultValue the provider's id of the first call, else a random one */
  readonly id?: string;
  /** The name by which the client asked for the model. @defaultValue the one that answers */
  readonly model?: string;
  /** Names of the tools that the client runs. Calls of any other tool are not shown to it. @defaultValue none */
  readonly tools?: readonly string[];
  /** Whether the last event of a stream tells the usage, where it is known. @defaultValue false */
  readonly includeUsage?: boolean;
  /**
   * Whether `reasoning_content` also tells which tools ran on this side, with arguments and results.
   *
   * @defaultValue false
   */
  readonly showToolRuns?: boolean;
  /** The clock of `created`. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/** What stands in every chunk of an answer, known from its first call on. */
export class CompletionFacts {
  readonly #created: number;
  #id: string | undefined;
  #model: string | undefined;

  constructor({ scheduler = asyncScheduler, id, model }: OpenaiOptions) {
    this.#created = Math.floor(scheduler.now() / 1000);
    this.#id = id;
    this.#model = model;
  }

  take(chunk: StreamChunk): void {
    if (chunk.type !== 'start') return;
    this.#id ??= chunk.responseId;
    this.#model ??= chunk.model;
  }

  get told(): { readonly id: string; readonly created: number; readonly model: string } {
    // Clients keep messages by this id.
    this.#id ??= `chatcmpl-${crypto.randomUUID()}`;
    return { id: this.#id, created: this.#created, model: this.#model ?? 'unknown' };
  }
}
