import type { SchedulerLike } from 'rxjs';
import { OutputMeter } from '../../operators/internal/outputMeter.ts';
import type { ErrorFacts, StreamChunk } from '../../src/chunk.ts';
import { estimateTokens, type Price } from '../../src/cost.ts';
import { errorFromFacts, GuardError, toErrorFacts } from '../../src/errors.ts';
import { type ModelRequest, toRequest } from '../../src/request.ts';
import type { Throttle } from './throttle.ts';

/** What all items of a batch together may use. */
export interface BatchBudget {
  /** Tokens of input and output, voided answers included. @defaultValue no limit */
  readonly tokens?: number;
  /** Money, in the currency of `price`. @defaultValue no limit */
  readonly cost?: number;
}

/** What a {@link Ledger} is made of. */
export interface LedgerRules {
  readonly throttle: Throttle;
  readonly budget: BatchBudget;
  readonly price: Price | undefined;
  readonly scheduler: SchedulerLike;
}

/** A price by which cost is the number of tokens. */
const oneEach: Price = { input: 1_000_000, output: 1_000_000 };

/** What the items of a batch have used, and what the throttle learns of it. For one subscription. */
export class Ledger {
  readonly #rules: LedgerRules;
  readonly #open = new Set<Account>();
  /** By the items that have ended. */
  readonly #spent = { tokens: 0, cost: 0 };
  /** What those that were answered have used beyond the estimates of their input. */
  #unforeseen = 0;
  #answered = 0;

  constructor(rules: LedgerRules) {
    this.#rules = rules;
  }

  /** Opens the account of an item whose first request is made now. */
  open(input: ModelRequest | string): Account {
    const mean = this.#answered > 0 ? this.#unforeseen / this.#answered : undefined;
    const account = new Account(toRequest(input), this.#rules, mean);
    this.#open.add(account);
    return account;
  }

  /** Closes the account of an item. */
  close(account: Account, hasFailed: boolean): void {
    account.close(hasFailed);
    this.#open.delete(account);
    this.#spent.tokens += account.used.tokens;
    this.#spent.cost += account.used.cost;
    if (hasFailed) return;
    this.#rules.throttle.answered();
    this.#unforeseen += account.used.tokens - account.input;
    this.#answered += 1;
  }

  /** Why nothing more may begin: what is under way counts with what it has told so far. */
  get refusal(): GuardError | undefined {
    const { tokens = Infinity, cost = Infinity } = this.#rules.budget;
    if (this.#sum('cost') >= cost) return spent('cost', cost);
    return this.#sum('tokens') >= tokens ? spent('tokens', tokens) : undefined;
  }

  #sum(what: 'tokens' | 'cost'): number {
    let sum = this.#spent[what];
    if (this.#rules.budget[what] !== undefined) {
      for (const { used } of this.#open) sum += used[what];
    }
    return sum;
  }
}

function spent(code: 'tokens' | 'cost', limit: number): GuardError {
  return new GuardError(
    `The batch has spent its budget of ${limit} ${code === 'cost' ? 'in cost' : code}: raise it to go on with the items that are left`,
    { code },
  );
}

/** What one item uses. */
export class Account {
  readonly #throttle: Throttle;
  readonly #scheduler: SchedulerLike;
  readonly #price: Price | undefined;
  readonly #tokens = new OutputMeter(oneEach);
  readonly #cost: OutputMeter | undefined;
  /** The estimate of the input, in tokens. */
  readonly input: number;
  /** The estimate of all that a request uses. */
  readonly #expected: number;
  #charged = 0;
  /** Whether the request of the next `start` has been counted. */
  #isAsked = true;
  /** Whether the input is known or was not read. */
  #isTold = false;

  constructor({ messages, maxTokens = 0 }: ModelRequest, rules: LedgerRules, mean: number | undefined) {
    this.#throttle = rules.throttle;
    this.#scheduler = rules.scheduler;
    this.#price = rules.price;
    this.#cost = rules.price && new OutputMeter(rules.price);
    this.input = estimateTokens(JSON.stringify(messages, withoutImages));
    this.#expected = this.input + (mean ?? maxTokens);
    this.#ask();
  }

  /** What has been used so far: as told, and where it was not told, as estimated. */
  get used(): { readonly tokens: number; readonly cost: number } {
    const untold = this.#isTold ? 0 : this.input;
    return {
      tokens: this.#tokens.cost + untold,
      cost: (this.#cost?.cost ?? 0) + (untold * (this.#price?.input ?? 0)) / 1_000_000,
    };
  }

  /** Takes the next chunk; an error told as a chunk is thrown. */
  take(chunk: StreamChunk): StreamChunk {
    this.#tokens.take(chunk);
    this.#cost?.take(chunk);
    switch (chunk.type) {
      case 'start':
        if (!this.#isAsked) this.#ask();
        break;
      case 'restart':
        // Where nobody waits another model is asked.
        if (chunk.delayMs > 0) this.#learn(chunk.error);
        this.#ask();
        break;
      case 'usage':
        this.#isTold = true;
        break;
      case 'finish':
        this.#isAsked = false;
        this.#isTold ||= chunk.usage !== undefined;
        break;
      case 'error':
        throw errorFromFacts(chunk.error);
      default:
    }
    return chunk;
  }

  /** Takes the error that ended the item. */
  fail(error: unknown): void {
    this.#learn(toErrorFacts(error));
  }

  /** Corrects what was charged by what was used. */
  close(hasFailed: boolean): void {
    // Of a request that failed nobody knows whether the provider counts it: what was charged stands.
    if (!hasFailed || this.#isTold) this.#throttle.correct(this.used.tokens - this.#charged);
    // It bills none of which it says nothing.
    this.#isTold ||= hasFailed;
  }

  #ask(): void {
    this.#isAsked = true;
    this.#charged += this.#expected;
    this.#throttle.take(this.#expected, this.#scheduler.now());
  }

  #learn(error: ErrorFacts): void {
    if (!isRefusal(error)) return;
    const now = this.#scheduler.now();
    const { retryAfter, retryAt = now } = error;
    this.#throttle.refused(now, retryAfter ?? Math.max(0, retryAt - now));
  }
}

/** Whether the provider has too much to do, or this side asks too much of it. */
function isRefusal({ retryable, status = 0, code = '', retryAfter, retryAt }: ErrorFacts): boolean {
  const isAsked = (retryAfter ?? retryAt) !== undefined;
  return retryable && (isAsked || status === 429 || status === 529 || /rate_limit|overloaded/.test(code));
}

/** What an image costs has nothing to do with its length. */
function withoutImages(name: string, value: unknown): unknown {
  return name === 'image' ? '' : value;
}
