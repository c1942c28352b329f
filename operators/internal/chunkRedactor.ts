import type { ChunkOf, ErrorFacts, StreamChunk } from '../../src/chunk.ts';
import type { ErrorDetails, RxllmError } from '../../src/errors.ts';
import type { AssistantMessage, PartialResponse, ToolMessage } from '../../src/message.ts';
import { type Redaction, Redactor, redactText } from './redactor.ts';

type TextChunk = ChunkOf<'text-delta' | 'refusal-delta' | 'thinking-delta'>;

/** Redacts the chunks of one subscription. */
export class ChunkRedactor {
  readonly #redaction: Redaction;
  readonly #redactor: Redactor;
  readonly #seen: (() => PartialResponse) | undefined;
  readonly #emit: (chunk: StreamChunk) => void;
  /** The latest piece of text, whose block what is held belongs to. */
  #last: TextChunk | undefined;

  constructor(
    redaction: Redaction,
    replaces: boolean,
    seen: (() => PartialResponse) | undefined,
    emit: (chunk: StreamChunk) => void,
  ) {
    this.#redaction = redaction;
    this.#redactor = new Redactor(replaces ? redaction : { ...redaction, with: undefined });
    this.#seen = seen;
    this.#emit = emit;
  }

  /** Whether there was a match at which the stream ends. */
  get hasEnded(): boolean {
    return this.#redactor.hasEnded;
  }

  /** Takes the next chunk and tells whether the stream may go on. */
  take(chunk: StreamChunk): boolean {
    switch (chunk.type) {
      case 'text-delta':
      case 'refusal-delta':
      case 'thinking-delta':
        if (chunk.type !== this.#last?.type || chunk.block !== this.#last.block) this.flush();
        this.#redact(chunk);
        return !this.hasEnded;
      case 'raw':
        return true;
      case 'restart':
        this.#redactor.reset();
        break;
      case 'usage':
      case 'approval-request':
      case 'tool-progress':
        break;
      default:
        // What is about the block of the text does not end it, nor does a tool that runs beside it.
        if ('block' in chunk ? chunk.block !== this.#last?.block : chunk.type !== 'tool-result') this.flush();
    }
    if (!this.hasEnded) this.#emit(this.#cleanChunk(chunk));
    return !this.hasEnded;
  }

  /** Delivers what is held. */
  flush(): void {
    const text = this.#redactor.flush();
    if (text !== '' && this.#last) this.#emit({ ...this.#last, text });
    this.#last = undefined;
  }

  /** The same error, without what its reader must not see. */
  clean(error: RxllmError): RxllmError {
    const Same = error.constructor as new (message: string, details: ErrorDetails) => RxllmError;
    return new Same(this.#clean(error.message), Object.assign({}, error, { partial: this.#seen }));
  }

  #redact(chunk: TextChunk): void {
    this.#last = chunk;
    const text = this.#redactor.read(chunk.text);
    if (text === chunk.text) this.#emit(chunk);
    else if (text !== '') this.#emit({ ...chunk, text });
  }

  #clean(text: string): string {
    return redactText(text, this.#redaction);
  }

  #cleanChunk(chunk: StreamChunk): StreamChunk {
    switch (chunk.type) {
      case 'message':
        return { ...chunk, message: this.#cleanMessage(chunk.message) };
      case 'restart':
        return { ...chunk, error: this.#cleanFacts(chunk.error) };
      case 'error': {
        const { partial: _, ...facts } = chunk.error;
        return {
          ...chunk,
          error: { ...this.#cleanFacts(facts), ...(this.#seen && { partial: this.#seen() }) },
        };
      }
      default:
        return chunk;
    }
  }

  #cleanFacts(facts: ErrorFacts): ErrorFacts {
    return { ...facts, message: this.#clean(facts.message) };
  }

  #cleanMessage(message: AssistantMessage | ToolMessage): AssistantMessage | ToolMessage {
    if (message.role === 'tool') return message;
    const { content } = message;
    if (typeof content === 'string') return { ...message, content: this.#clean(content) };
    return {
      ...message,
      content: content.map((part) => ('text' in part ? { ...part, text: this.#clean(part.text) } : part)),
    };
  }
}
