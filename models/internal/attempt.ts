import type { RestartChunk, StartChunk, StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts, toErrorFacts } from '../../src/errors.ts';
import { addUsage, type Usage } from '../../src/usage.ts';

/** One of several requests for the same answer: what of it has passed, and what it has used. */
export class Attempt {
  /** Whether it has begun to answer. */
  hasContent = false;
  hasFinished = false;
  /** Whether a tool ran here, whose effects cannot be taken back. */
  ranTool = false;
  #start: StartChunk | undefined;
  /** Of the call under way, and of those that it has voided itself. */
  #usage: Usage | undefined;
  #voided: Usage | undefined;

  /** Takes its next chunk; an error told as a chunk is thrown. */
  take(chunk: StreamChunk): StreamChunk {
    switch (chunk.type) {
      case 'start':
        this.#start = chunk;
        this.#usage = undefined;
        break;
      case 'usage':
        this.#usage = chunk.usage;
        break;
      case 'restart':
        this.#voided = addUsage(this.#voided, chunk.usage);
        this.#usage = undefined;
        this.hasContent = false;
        break;
      case 'finish':
        this.hasFinished = true;
        break;
      case 'approval-request':
      case 'tool-progress':
        this.ranTool = true;
        break;
      case 'tool-result':
        this.ranTool ||= chunk.providerExecuted !== true;
        break;
      case 'error':
        throw errorFromFacts(chunk.error);
      case 'raw':
        break;
      default:
        this.hasContent = true;
    }
    return chunk;
  }

  /** The name of the one that answers, as far as it has told. */
  get provider(): string | undefined {
    return this.#start?.provider;
  }

  /** What it has used, with the calls that it has voided where the reader has not seen their restarts. */
  usage(isUnseen: boolean): Usage | undefined {
    const usage = isUnseen ? addUsage(this.#voided, this.#usage) : this.#usage;
    return usage && { ...usage, partial: true };
  }
}

/** The chunk that voids an attempt, and tells why and what it has used. */
export function restartFor(
  error: unknown,
  usage: Usage | undefined,
  attempt: number,
  of: number,
): RestartChunk {
  return {
    type: 'restart',
    attempt,
    maxAttempts: of,
    delayMs: 0,
    error: toErrorFacts(error),
    ...(usage && { usage }),
  };
}
