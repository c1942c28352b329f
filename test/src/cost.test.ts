import { describe, expect, it } from 'vitest';
import { checkPrice, costOf, estimateTokens } from '../../src/cost.ts';

const usage = { inputTokens: 1_000_000, outputTokens: 2_000_000, totalTokens: 3_000_000 };

describe('costOf', () => {
  it('prices a million tokens of input and of output', () => {
    expect(costOf(usage, { input: 3, output: 15 })).toBe(33);
  });

  it('prices what the cache gave and took by itself', () => {
    const cached = { ...usage, cachedInputTokens: 500_000, cacheWriteTokens: 100_000 };

    expect(costOf(cached, { input: 10, output: 0, cachedInput: 1, cacheWrite: 20 })).toBe(6.5);
    expect(costOf(cached, { input: 10, output: 0 })).toBe(10);
  });

  it('never counts less than no fresh input', () => {
    expect(costOf({ ...usage, cachedInputTokens: 2_000_000 }, { input: 3, output: 0, cachedInput: 0 })).toBe(
      0,
    );
  });

  it('is nothing where nothing is known', () => {
    expect(costOf(undefined, { input: 3, output: 15 })).toBe(0);
  });
});

describe('estimateTokens', () => {
  it('is a quarter of the bytes of UTF-8', () => {
    const text = 'Grüße, мир, 世界 😀';

    expect(estimateTokens(text)).toBe(new TextEncoder().encode(text).length / 4);
  });

  it('adds up, however the text is cut', () => {
    const text = 'aéж世😀';
    const whole = estimateTokens(text);

    for (let at = 0; at <= text.length; at++) {
      expect(estimateTokens(text.slice(0, at)) + estimateTokens(text.slice(at))).toBe(whole);
    }
  });
});

describe('checkPrice', () => {
  it('takes a price and none', () => {
    expect(() => {
      checkPrice('guard', undefined);
      checkPrice('guard', { input: 0, output: 1.5, cachedInput: 0.1 });
    }).not.toThrow();
  });

  it('names what is missing or wrong', () => {
    expect(() => checkPrice('guard', { input: 1 } as never)).toThrow('guard: price.output must be given');
    expect(() => checkPrice('guard', { input: 1, output: -1 })).toThrow(
      'guard: price.output must be a number from 0, not -1',
    );
  });
});
