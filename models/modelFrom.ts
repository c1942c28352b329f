import { InvalidRequestError } from '../src/errors.ts';
import type { LanguageModel, ProviderSettings } from '../src/model.ts';
import { anthropic } from '../providers/anthropic.ts';
import { ollama } from '../providers/ollama.ts';
import { openai } from '../providers/openai.ts';
import { openaiChat } from '../providers/openaiChat.ts';
import { azure } from './azure.ts';

/** Options of {@link modelFrom}; they go before the environment's. */
export interface ModelFromOptions extends ProviderSettings {
  /** The provider's key. @defaultValue the environment variable of the provider */
  readonly apiKey?: string;
  /** Where the server is; the resource's endpoint for `azure`, the host for `ollama`. @defaultValue the provider's */
  readonly baseURL?: string;
  /** Headers for every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the requests. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch;
  /** Lets the SDKs run in a browser, where everybody can read the key. @defaultValue false */
  readonly dangerouslyAllowBrowser?: boolean;
}

/** A service that speaks Chat Completions. */
interface CompatibleService {
  readonly baseURL: string;
  /** Environment variables of the key, the first that is set counts. None: the server asks for no key. */
  readonly keys: readonly string[];
}

const services: Readonly<Record<string, CompatibleService>> = {
  deepseek: { baseURL: 'https://api.deepseek.com', keys: ['DEEPSEEK_API_KEY'] },
  xai: { baseURL: 'https://api.x.ai/v1', keys: ['XAI_API_KEY'] },
  groq: { baseURL: 'https://api.groq.com/openai/v1', keys: ['GROQ_API_KEY'] },
  google: {
    baseURL: 'https://generativelanguage.googleapis.com/v1beta/openai',
    keys: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
  },
  perplexity: { baseURL: 'https://api.perplexity.ai', keys: ['PERPLEXITY_API_KEY'] },
  mistral: { baseURL: 'https://api.mistral.ai/v1', keys: ['MISTRAL_API_KEY'] },
  openrouter: { baseURL: 'https://openrouter.ai/api/v1', keys: ['OPENROUTER_API_KEY'] },
  vllm: { baseURL: 'http://localhost:8000/v1', keys: [] },
  'llama.cpp': { baseURL: 'http://localhost:8080/v1', keys: [] },
  lmstudio: { baseURL: 'http://localhost:1234/v1', keys: [] },
};

type Create = (model: string, options: ModelFromOptions) => LanguageModel;

const providers: Readonly<Record<string, Create>> = {
  openai: (model, options) => {
    const apiKey = keyOf('openai', ['OPENAI_API_KEY'], options);
    return openai(model, toSdkOptions({ ...options, apiKey }));
  },
  anthropic: (model, options) => {
    const apiKey = keyOf('anthropic', ['ANTHROPIC_API_KEY'], options);
    return anthropic(model, toSdkOptions({ ...options, apiKey }));
  },
  ollama: (model, { apiKey, baseURL: host = fromEnvironment('OLLAMA_HOST'), headers, ...rest }) =>
    ollama(model, {
      ...rest,
      ...(host !== undefined && { host }),
      headers: { ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }), ...headers },
    }),
  azure: (model, { baseURL, ...options }) => {
    const endpoint = baseURL ?? fromEnvironment('AZURE_OPENAI_ENDPOINT');
    if (endpoint === undefined) throw missing('azure', 'AZURE_OPENAI_ENDPOINT', 'baseURL');
    const apiKey = keyOf('azure', ['AZURE_OPENAI_API_KEY'], options);
    return azure(model, {
      ...toSdkOptions({ ...options, apiKey }),
      endpoint,
      apiVersion: fromEnvironment('OPENAI_API_VERSION'),
    });
  },
  ...Object.fromEntries(Object.entries(services).map(([name, service]) => [name, compatible(name, service)])),
};

/**
 * Finds a model by one string, `provider/model`, as it stands in a configuration or on a command line.
 *
 * | provider | asks | key |
 * |---|---|---|
 * | `openai` | Responses | `OPENAI_API_KEY` |
 * | `anthropic` | Messages | `ANTHROPIC_API_KEY` |
 * | `azure` | the deployment of that name at `AZURE_OPENAI_ENDPOINT` | `AZURE_OPENAI_API_KEY` |
 * | `deepseek`, `xai`, `groq`, `perplexity`, `mistral`, `openrouter` | Chat Completions | `GROQ_API_KEY` and so on |
 * | `google` | AI Studio's Chat Completions | `GEMINI_API_KEY` or `GOOGLE_API_KEY` |
 * | `ollama` | this machine, or `OLLAMA_HOST` | none |
 * | `vllm`, `llama.cpp`, `lmstudio` | this machine's port 8000, 8080, 1234 | none |
 *
 * Only the first slash divides: `openrouter/meta-llama/llama-4-scout` is a model of OpenRouter. `provider` of chunks
 * and errors is the name given here, or `providerName`. The environment is read where there is one, at the call;
 * in a browser pass `apiKey`. `azure` asks with `OPENAI_API_VERSION`, or 2024-10-21 where that is not set.
 *
 * The SDK of the provider is loaded at the first subscription, as by the provider itself. Unsubscribing aborts.
 *
 * @throws {InvalidRequestError} for an unknown provider, naming those there are, and for a missing key, naming its
 * environment variable
 *
 * @example
 * ```ts
 * const model = modelFrom(process.env.MODEL ?? 'groq/llama-3.3-70b-versatile');
 * const own = modelFrom('vllm/Qwen/Qwen3-8B', { baseURL: 'http://gpu-box:8000/v1' });
 * ```
 *
 * @see {@link openaiChat} for any other server and for all options of the SDK.
 */
export function modelFrom(name: string, options: ModelFromOptions = {}): LanguageModel {
  const slash = name.indexOf('/');
  const provider = name.slice(0, Math.max(slash, 0));
  const model = name.slice(slash + 1);
  const create = Object.hasOwn(providers, provider) ? providers[provider] : undefined;

  if (!create || model === '') {
    throw new InvalidRequestError(
      `modelFrom: the name must be provider/model, the provider one of ${Object.keys(providers).join(', ')}, not ${JSON.stringify(name)}`,
    );
  }
  return create(model, options);
}

function compatible(providerName: string, { baseURL, keys }: CompatibleService): Create {
  return (model, options) => {
    const apiKey = keys.length === 0 ? (options.apiKey ?? 'none') : keyOf(providerName, keys, options);
    return openaiChat(model, {
      ...toSdkOptions({ ...options, apiKey }),
      // Never by spreading: an option that is there and undefined would send the key to OpenAI.
      providerName: options.providerName ?? providerName,
      baseURL: options.baseURL ?? baseURL,
      // The SDK would send those that the environment has for OpenAI.
      organization: null,
      project: null,
    });
  };
}

/** Our options in the words of the OpenAI and Anthropic SDKs. */
function toSdkOptions<Options extends ModelFromOptions>({ headers, ...options }: Options) {
  return { ...options, ...(headers && { defaultHeaders: headers }) };
}

function keyOf(provider: string, variables: readonly string[], { apiKey }: ModelFromOptions): string {
  const key = [apiKey, ...variables.map(fromEnvironment)].find(
    (value) => value !== undefined && value !== '',
  );
  if (key === undefined) throw missing(provider, variables.join(' or '), 'apiKey');
  return key;
}

function missing(provider: string, variable: string, option: string): InvalidRequestError {
  return new InvalidRequestError(
    `modelFrom: ${provider} needs the environment variable ${variable}, or the option ${option}`,
    { provider },
  );
}

/** A variable of the environment, where there is one; an empty one counts as not set. */
function fromEnvironment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Readonly<Record<string, string | undefined>> } };
  const value = process?.env?.[name];
  return value === '' ? undefined : value;
}
