import type { StreamChunk } from '../../src/chunk.ts';
import { costOf, estimateTokens, type Price } from '../../src/cost.ts';
import type { Usage } from '../../src/usage.ts';
import { isDelta, textOf } from './deltas.ts';

const noPrice: Price = { input: 0, output: 0 };

/**
 * Counts the tokens of the answers of a stream and what they cost.
 *
 * What the provider reports counts; what it has not reported yet is estimated. Voided answers cost, but are no output.
 */
export class OutputMeter {
  readonly #price: Price;
  /** Of the calls before this one. */
  #tokens = 0;
  #cost = 0;
  /** Of this call: the latest report, and the estimate of what has come since. */
  #usage: Usage | undefined;
  #estimate = 0;

  constructor(price: Price = noPrice) {
    this.#price = price;
  }

  /** Takes the next chunk. */
  take(chunk: StreamChunk): void {
    if (isDelta(chunk)) {
      this.#estimate += estimateTokens(textOf(chunk));
      return;
    }
    switch (chunk.type) {
      case 'usage':
        this.#report(chunk.usage);
        break;
      case 'finish':
      case 'restart':
        if (chunk.usage) this.#report(chunk.usage);
        this.#cost = this.cost;
        if (chunk.type === 'finish') this.#tokens = this.tokens;
        this.#report(undefined);
        break;
      default:
    }
  }

  get tokens(): number {
    return this.#tokens + (this.#usage?.outputTokens ?? 0) + this.#estimate;
  }

  get cost(): number {
    return this.#cost + costOf(this.#usage, this.#price) + (this.#estimate * this.#price.output) / 1_000_000;
  }

  #report(usage: Usage | undefined): void {
    // Told again where a call is cut, it knows nothing of what has come since.
    if (usage?.partial && usage.outputTokens === this.#usage?.outputTokens) return;
    this.#usage = usage;
    this.#estimate = 0;
  }
}
