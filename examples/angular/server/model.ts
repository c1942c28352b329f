import type { LanguageModel, Price } from 'rxllm';
import { modelFrom } from 'rxllm/models';

/** What answers, and what it costs. */
export interface Service {
  readonly model: LanguageModel;
  readonly price?: Price;
}

/** Models by the environment variable that switches them on. */
const defaults: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: 'openai/gpt-5-mini',
  ANTHROPIC_API_KEY: 'anthropic/claude-sonnet-5-5',
  OLLAMA_HOST: 'ollama/qwen3:4b',
};

/** Public list prices in US dollars for a million tokens, as of November 2026; change them to what you pay. */
const prices: Readonly<Record<string, Price>> = {
  'gpt-5-mini': { input: 0.25, output: 2 },
  'claude-sonnet-5-5': { input: 2, output: 10 },
};

/** The model that `MODEL` names, as `provider/model`, or the first one there is a key for. */
export function findService(): Service | undefined {
  const variable = Object.keys(defaults).find((name) => (process.env[name] ?? '') !== '');
  const name = process.env['MODEL'] ?? (variable === undefined ? undefined : defaults[variable]);
  if (name === undefined || name === '') return undefined;
  const model = modelFrom(name);
  const price = prices[model.model];
  return { model, ...(price && { price }) };
}
