/** How much a batch may do, and how fast. */
export interface ThrottleLimits {
  readonly concurrency: number;
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
}

/**
 * Says when the next item may begin: by the limits that are known, and by what the provider refuses.
 *
 * Times are those of the scheduler.
 */
export class Throttle {
  /** How many items are under way. */
  running = 0;
  readonly #concurrency: number;
  readonly #requests: Pace;
  readonly #tokens: Pace;
  /** How many the provider is thought to bear. */
  #bearable: number;
  #heldUntil = -Infinity;
  /** Since when only time has been in the way. */
  #waitingSince: number | undefined;

  constructor({ concurrency, requestsPerMinute, tokensPerMinute }: ThrottleLimits) {
    this.#concurrency = concurrency;
    this.#bearable = concurrency;
    this.#requests = new Pace(requestsPerMinute);
    this.#tokens = new Pace(tokensPerMinute);
  }

  get hasRoom(): boolean {
    return this.running < Math.floor(this.#bearable);
  }

  /** Milliseconds until the next item may begin; 0 for now. */
  wait(now: number): number {
    const opensAt = Math.max(this.#requests.at, this.#tokens.at, this.#heldUntil);
    if (opensAt <= now) return 0;
    this.#waitingSince = opensAt;
    return Math.ceil(opensAt - now);
  }

  /** Something else than time is in the way: what is not used meanwhile is lost. */
  rest(): void {
    this.#waitingSince = undefined;
  }

  /** Counts a request that is made, and the tokens that it is thought to use. */
  take(tokens: number, now: number): void {
    // Timers are late: counted from the moment that was meant, the pace is kept.
    const at = Math.min(this.#waitingSince ?? now, now);
    this.#requests.take(1, at);
    this.#tokens.take(tokens, at);
  }

  /** Counts tokens that were used beside those that were thought; negative where it was less. */
  correct(tokens: number): void {
    this.#tokens.correct(tokens);
  }

  /** The provider has refused a request, and asks to wait. */
  refused(now: number, wait: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, now + wait);
    this.#bearable = Math.max(1, Math.min(this.#bearable, this.running) - 1);
  }

  /** An item was answered. */
  answered(): void {
    this.#bearable = Math.min(this.#concurrency, this.#bearable + 0.1);
  }
}

/** Spreads what is taken evenly over time: what is taken at once has to be waited for before the next. */
class Pace {
  /** When there may be more. */
  at = -Infinity;
  readonly #msEach: number;

  constructor(perMinute: number) {
    this.#msEach = 60_000 / perMinute;
  }

  take(count: number, now: number): void {
    this.at = Math.max(this.at, now) + count * this.#msEach;
  }

  correct(count: number): void {
    this.at += count * this.#msEach;
  }
}
