import type { LanguageModel } from 'rxllm';
import { anthropic } from 'rxllm/providers/anthropic';
import { ollama } from 'rxllm/providers/ollama';
import { openai } from 'rxllm/providers/openai';
import { openaiChat } from 'rxllm/providers/openaiChat';

/** A model and the name of its provider. */
export interface Service {
  readonly name: string;
  readonly model: LanguageModel;
}

interface Access {
  /** Any of these variables of the environment switches it on. */
  readonly variables: readonly string[];
  readonly defaultModel: string;
  /** Whether it answers without any of the variables, too. */
  readonly needsNone?: boolean;
  connect(model: string): LanguageModel;
}

// Keys and servers are not passed on here: the SDKs read the variables themselves, unless a comment says otherwise.
const services: Readonly<Record<string, Access>> = {
  openai: {
    variables: ['OPENAI_API_KEY'],
    defaultModel: 'gpt-5-mini',
    connect: (model) => openai(model),
  },
  'openai-chat': {
    variables: ['OPENAI_BASE_URL', 'OPENAI_API_KEY'],
    defaultModel: 'gpt-4.1-mini',
    // Servers of your own often want no key, but the SDK does.
    connect: (model) => openaiChat(model, { apiKey: fromEnvironment('OPENAI_API_KEY') ?? 'none' }),
  },
  anthropic: {
    variables: ['ANTHROPIC_API_KEY'],
    defaultModel: 'claude-sonnet-5-5',
    connect: (model) => anthropic(model),
  },
  ollama: {
    variables: ['OLLAMA_HOST'],
    defaultModel: 'qwen3:4b',
    needsNone: true,
    connect: (model) => {
      // The SDK does not read it.
      const host = fromEnvironment('OLLAMA_HOST');
      return ollama(model, host === undefined ? {} : { host });
    },
  },
};

/** What `--provider` may be. */
export const providerNames = Object.keys(services);

/**
 * Finds the provider that was asked for, or the first one that the environment has a key for, and its model.
 *
 * @throws {Error} saying what is missing
 */
export function findModel({ provider, model }: { provider?: string; model?: string }): Service {
  const name = provider ?? firstConfigured();
  const service = services[name];
  if (!service) throw new Error(`there is no provider ${name}, only ${providerNames.join(', ')}`);
  if (!service.needsNone && !isConfigured(service)) {
    throw new Error(`${name} needs ${service.variables.join(' or ')} in the environment`);
  }
  return { name, model: service.connect(model ?? service.defaultModel) };
}

/** A server of your own goes first: whoever sets its address means it. */
function firstConfigured(): string {
  if (fromEnvironment('OPENAI_BASE_URL') !== undefined) return 'openai-chat';
  const found = providerNames.find((name) => services[name] && isConfigured(services[name]));
  if (found !== undefined) return found;
  throw new Error(
    'no provider: set OPENAI_API_KEY, ANTHROPIC_API_KEY, OLLAMA_HOST or OPENAI_BASE_URL, or give no prompt to see the demo',
  );
}

function isConfigured({ variables }: Access): boolean {
  return variables.some((name) => fromEnvironment(name) !== undefined);
}

/** An empty variable counts as not set. */
function fromEnvironment(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}
