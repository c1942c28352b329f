import { checkNumber } from './checkOptions.ts';
import type { Usage } from './usage.ts';

/** What a model's tokens cost: amounts of money for a million of them, in any currency. */
export interface Price {
  readonly input: number;
  /** Thinking included. */
  readonly output: number;
  /** Input read from the provider's cache. @defaultValue `input` */
  readonly cachedInput?: number;
  /** Input written to the provider's cache. @defaultValue `input` */
  readonly cacheWrite?: number;
}

/**
 * What a usage costs, in the currency of the price.
 *
 * A usage counts the tokens of the cache among its input tokens; they are taken out and priced by themselves. A usage
 * that is `partial` gives the least that is billed.
 *
 * @example
 * ```ts
 * const price = { input: 3, cachedInput: 0.3, output: 15 };
 * model.stream(prompt).pipe(collectResponse()).subscribe(({ billedUsage }) => console.log(costOf(billedUsage, price)));
 * ```
 */
export function costOf(usage: Usage | undefined, price: Price): number {
  if (!usage) return 0;
  const { input, output, cachedInput = input, cacheWrite = input } = price;
  const { cachedInputTokens: cached = 0, cacheWriteTokens: written = 0 } = usage;
  const fresh = Math.max(0, usage.inputTokens - cached - written);

  return (
    (fresh * input + cached * cachedInput + written * cacheWrite + usage.outputTokens * output) / 1_000_000
  );
}

/**
 * How many tokens a text is, roughly: one for four bytes of UTF-8.
 *
 * That is four letters of English, two of Russian, and three characters of Chinese for every four of its tokens. The
 * number is not rounded, so that those of the pieces of a text add up to that of the text, however it was cut.
 */
export function estimateTokens(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    // Each half of a surrogate pair counts for half of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3;
  }
  return bytes / 4;
}

/**
 * Checks a price where it is given.
 *
 * @throws {RangeError | TypeError} naming the function, the option and the value
 */
export function checkPrice(owner: string, price: Price | undefined): void {
  if (price === undefined) return;
  for (const name of ['input', 'output', 'cachedInput', 'cacheWrite'] as const) {
    const value = price[name];
    if (value === undefined && (name === 'input' || name === 'output')) {
      throw new TypeError(`${owner}: price.${name} must be given, for a million tokens`);
    }
    checkNumber(owner, `price.${name}`, value);
  }
}
