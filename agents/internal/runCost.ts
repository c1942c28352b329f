import type { StartChunk, StreamChunk } from '../../src/chunk.ts';
import { costOf, type Price } from '../../src/cost.ts';
import { addUsage, type Usage } from '../../src/usage.ts';
import { isToldByAgent } from './agentTool.ts';

/** What a run has used and cost; `cost` without agents in tools that did not finish. */
export interface RunExpense {
  readonly usage?: Usage;
  readonly billedUsage?: Usage;
  readonly cost?: number;
}

type PriceOf = Price | ((call: StartChunk) => Price | undefined);

/** Counts what the calls of a run use and cost. */
export class RunCost {
  #usage: Usage | undefined;
  #billedUsage: Usage | undefined;
  #cost: number | undefined;
  #start: StartChunk | undefined;

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
  take(chunk: StreamChunk, price: PriceOf | undefined): void {
    switch (chunk.type) {
      case 'start':
        this.#start = chunk;
        break;
      case 'restart':
        this.#bill(chunk.usage, this.#costOf(chunk.usage, price));
        break;
      case 'finish':
        this.#usage = addUsage(this.#usage, chunk.usage);
        this.#bill(chunk.usage, this.#costOf(chunk.usage, price));
        break;
      case 'tool-progress':
        if (!isToldByAgent(chunk.value)) break;
        this.#billWithin(chunk.value);
        if (chunk.value.type === 'run-finish') this.#bill(undefined, chunk.value.cost);
        break;
      default:
    }
  }

  /** Bills what an agent uses that runs as a tool: its calls one by one, since it may never finish. */
  #billWithin(chunk: StreamChunk): void {
    if (chunk.type === 'finish' || chunk.type === 'restart') this.#bill(chunk.usage, undefined);
    if (chunk.type === 'tool-progress' && isToldByAgent(chunk.value)) this.#billWithin(chunk.value);
  }

  #costOf(usage: Usage | undefined, price: PriceOf | undefined): number | undefined {
    const known = typeof price === 'function' ? this.#start && price(this.#start) : price;
    return known && costOf(usage, known);
  }

  #bill(usage: Usage | undefined, cost: number | undefined): void {
    this.#billedUsage = addUsage(this.#billedUsage, usage);
    if (cost !== undefined) this.#cost = (this.#cost ?? 0) + cost;
  }
}
