import type { StartChunk, StreamChunk } from '../../src/chunk.ts';
import { costOf, type Price } from '../../src/cost.ts';
import { addUsage, type Usage } from '../../src/usage.ts';

/** What a run has used and cost. */
export interface RunExpense {
  readonly usage?: Usage;
  readonly billedUsage?: Usage;
  readonly cost?: number;
}

/** Counts what the calls of a run use and cost. */
export class RunCost {
  #usage: Usage | undefined;
  #billedUsage: Usage | undefined;
  #cost: number | undefined;
  #price: Price | undefined;

  constructor({ usage, billedUsage, cost }: RunExpense = {}) {
    this.#usage = usage;
    this.#billedUsage = billedUsage;
    this.#cost = cost;
  }

  get told(): RunExpense {
    return {
      ...(this.#usage && { usage: this.#usage }),
      ...(this.#billedUsage && { billedUsage: this.#billedUsage }),
      ...(this.#cost !== undefined && { cost: this.#cost }),
    };
  }

  /** Takes the next chunk; `price` is that of its agent. */
  take(chunk: StreamChunk, price: Price | ((call: StartChunk) => Price | undefined) | undefined): void {
    switch (chunk.type) {
      case 'start':
        this.#price = typeof price === 'function' ? price(chunk) : price;
        break;
      case 'restart':
        this.#bill(chunk.usage);
        break;
      case 'finish':
        this.#usage = addUsage(this.#usage, chunk.usage);
        this.#bill(chunk.usage);
        break;
      case 'tool-progress':
        // An agent that is a tool of this one tells its chunks as progress.
        if (isRunFinish(chunk.value)) this.#bill(chunk.value.billedUsage, chunk.value.cost);
        break;
      default:
    }
  }

  #bill(usage: Usage | undefined, cost = this.#price && costOf(usage, this.#price)): void {
    this.#billedUsage = addUsage(this.#billedUsage, usage);
    if (cost !== undefined) this.#cost = (this.#cost ?? 0) + cost;
  }
}

function isRunFinish(value: unknown): value is StreamChunk & { type: 'run-finish' } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'run-finish';
}
