import type { LanguageModel, Price } from 'rxllm';

/** Public list prices in US dollars for a million tokens, as of November 2026; change them to what you pay. */
const prices: Readonly<Record<string, Price>> = {
  'openai/gpt-5-mini': { input: 0.25, cachedInput: 0.025, output: 2 },
  'openai/gpt-4.1-mini': { input: 0.4, cachedInput: 0.1, output: 1.6 },
  'anthropic/claude-sonnet-5-5': { input: 2, cachedInput: 0.2, cacheWrite: 2.5, output: 10 },
};

/** What a model's tokens cost, where that is known; `gpt-5-mini-2025-08-07` costs what `gpt-5-mini` does. */
export function priceOf({ provider, model }: Pick<LanguageModel, 'provider' | 'model'>): Price | undefined {
  return (
    prices[`${provider}/${model.replace(/-\d{4}-?\d{2}-?\d{2}$/, '')}`] ?? prices[`${provider}/${model}`]
  );
}
