import { lastValueFrom, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InvalidRequestError, ProviderError } from '../../src/errors.ts';
import { modelFrom } from '../../models/modelFrom.ts';

/** Remembers what was asked, and answers with an error that is not tried again. */
function refusing() {
  const asked: { url: string; headers: Headers }[] = [];
  const fetch = (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, { headers: init?.headers ?? {} });
    asked.push({ url: request.url, headers: request.headers });
    return Promise.resolve(Response.json({ error: { message: 'no' } }, { status: 400 }));
  };
  return { asked, fetch };
}

async function ask(name: string, options: Parameters<typeof modelFrom>[1] = {}) {
  const { asked, fetch } = refusing();
  const model = modelFrom(name, { fetch, ...options });
  const error: unknown = await lastValueFrom(model.stream('Hello').pipe(toArray())).catch(
    (thrown: unknown) => thrown,
  );
  return { model, error, ...asked[0] };
}

const variables = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'OPENAI_ORG_ID',
  'OPENAI_API_VERSION',
  'ANTHROPIC_API_KEY',
  'AZURE_OPENAI_API_KEY',
  'AZURE_OPENAI_ENDPOINT',
  'DEEPSEEK_API_KEY',
  'XAI_API_KEY',
  'GROQ_API_KEY',
  'GEMINI_API_KEY',
  'GOOGLE_API_KEY',
  'PERPLEXITY_API_KEY',
  'MISTRAL_API_KEY',
  'OPENROUTER_API_KEY',
  'OLLAMA_HOST',
];

describe('modelFrom', () => {
  beforeEach(() => {
    for (const name of variables) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
  });

  it.each([
    ['deepseek', 'DEEPSEEK_API_KEY', 'https://api.deepseek.com/chat/completions'],
    ['xai', 'XAI_API_KEY', 'https://api.x.ai/v1/chat/completions'],
    ['groq', 'GROQ_API_KEY', 'https://api.groq.com/openai/v1/chat/completions'],
    ['google', 'GEMINI_API_KEY', 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions'],
    ['google', 'GOOGLE_API_KEY', 'https://generativelanguage.googleapis.com/v1beta/openai/chat/completions'],
    ['perplexity', 'PERPLEXITY_API_KEY', 'https://api.perplexity.ai/chat/completions'],
    ['mistral', 'MISTRAL_API_KEY', 'https://api.mistral.ai/v1/chat/completions'],
    ['openrouter', 'OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1/chat/completions'],
  ])('asks %s with the key of %s', async (provider, variable, address) => {
    vi.stubEnv(variable, 'secret');
    const { model, error, url, headers } = await ask(`${provider}/some/model`);

    expect(model).toMatchObject({ provider, model: 'some/model' });
    expect(url).toBe(address);
    expect(headers?.get('authorization')).toBe('Bearer secret');
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider, status: 400 });
  });

  it.each([
    ['vllm', 'http://localhost:8000/v1/chat/completions'],
    ['llama.cpp', 'http://localhost:8080/v1/chat/completions'],
    ['lmstudio', 'http://localhost:1234/v1/chat/completions'],
  ])('asks %s on this machine without a key', async (provider, address) => {
    const { model, url } = await ask(`${provider}/m`);

    expect(model.provider).toBe(provider);
    expect(url).toBe(address);
  });

  it('asks a server of its own at baseURL, with the headers of the options', async () => {
    const { url, headers } = await ask('vllm/m', {
      baseURL: 'http://box:1/v1',
      apiKey: 'mine',
      headers: { 'x-team': 'blue' },
    });

    expect(url).toBe('http://box:1/v1/chat/completions');
    expect(headers?.get('authorization')).toBe('Bearer mine');
    expect(headers?.get('x-team')).toBe('blue');
  });

  it('never sends what the environment has for OpenAI to another service', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'https://proxy.example/v1');
    vi.stubEnv('OPENAI_ORG_ID', 'org-1');
    const options = { apiKey: 'key', baseURL: undefined, providerName: undefined };
    const { model, url, headers } = await ask('groq/m', options as object);

    expect(url).toBe('https://api.groq.com/openai/v1/chat/completions');
    expect(headers?.get('openai-organization')).toBeNull();
    expect(model.provider).toBe('groq');
  });

  it('asks OpenAI and Anthropic with their own keys', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'one');
    vi.stubEnv('ANTHROPIC_API_KEY', 'two');
    const openai = await ask('openai/gpt-5-mini');
    const anthropic = await ask('anthropic/claude-test');

    expect(openai.url).toContain('https://api.openai.com/v1/');
    expect(openai.headers?.get('authorization')).toBe('Bearer one');
    expect(anthropic.model.model).toBe('claude-test');
    expect(anthropic.error).toMatchObject({ status: 400 });
  });

  it('asks Ollama at its own host, at OLLAMA_HOST or at baseURL', async () => {
    const byDefault = await ask('ollama/library/qwen3:4b');
    vi.stubEnv('OLLAMA_HOST', 'box:1');
    const byVariable = await ask('ollama/m');
    const byOption = await ask('ollama/m', { baseURL: 'https://ollama.com', apiKey: 'key' });

    expect(byDefault.model).toMatchObject({ provider: 'ollama', model: 'library/qwen3:4b' });
    expect(byDefault.url).toBe('http://127.0.0.1:11434/api/chat');
    expect(byDefault.headers?.has('authorization')).toBe(false);
    expect(byVariable.url).toBe('http://box:1/api/chat');
    expect(byOption.url).toBe('https://ollama.com/api/chat');
    expect(byOption.headers?.get('authorization')).toBe('Bearer key');
  });

  it('asks a deployment on Azure, whatever base URL the environment has for OpenAI', async () => {
    vi.stubEnv('OPENAI_BASE_URL', 'https://proxy.example/v1');
    vi.stubEnv('AZURE_OPENAI_API_KEY', 'secret');
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', 'https://mine.openai.azure.com/');
    const byDefault = await ask('azure/gpt-4o');
    vi.stubEnv('OPENAI_API_VERSION', '2025-01-01-preview');
    const byVariable = await ask('azure/gpt-4o', { providerName: 'ours', headers: { 'x-team': 'blue' } });

    expect(byDefault.model).toMatchObject({ provider: 'azure', model: 'gpt-4o' });
    expect(byDefault.model.capabilities.images).toBe(true);
    expect(byDefault.url).toBe(
      'https://mine.openai.azure.com/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    );
    expect(byDefault.headers?.get('api-key')).toBe('secret');
    expect(byDefault.error).toMatchObject({ provider: 'azure', status: 400 });
    expect(byVariable.url).toContain('api-version=2025-01-01-preview');
    expect(byVariable.headers?.get('x-team')).toBe('blue');
    expect(byVariable.error).toMatchObject({ provider: 'ours' });
  });

  it('errors in the stream when the client of Azure cannot be made', async () => {
    vi.stubGlobal('window', { document: {} });
    vi.stubGlobal('navigator', {});
    const { error, url } = await ask('azure/gpt-4o', { apiKey: 'key', baseURL: 'https://mine.example' });

    expect(url).toBeUndefined();
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider: 'azure', retryable: false });
    expect(String(error)).toContain('dangerouslyAllowBrowser');
  });

  it('prefers the options to the environment and passes settings on', async () => {
    vi.stubEnv('GROQ_API_KEY', 'theirs');
    const { model, headers } = await ask('groq/m', {
      apiKey: 'mine',
      providerName: 'fast',
      capabilities: { images: true },
    });

    expect(headers?.get('authorization')).toBe('Bearer mine');
    expect(model).toMatchObject({ provider: 'fast', capabilities: { images: true } });
  });

  it.each([
    ['groq/m', 'GROQ_API_KEY'],
    ['google/m', 'GEMINI_API_KEY or GOOGLE_API_KEY'],
    ['openai/m', 'OPENAI_API_KEY'],
    ['anthropic/m', 'ANTHROPIC_API_KEY'],
  ])('throws for %s when there is no key, naming %s', (name, variable) => {
    vi.stubEnv('GROQ_API_KEY', '');
    const provider = name.slice(0, name.indexOf('/'));

    expect(() => modelFrom(name)).toThrow(InvalidRequestError);
    expect(() => modelFrom(name, { apiKey: '' })).toThrow(
      `modelFrom: ${provider} needs the environment variable ${variable}, or the option apiKey`,
    );
  });

  it('throws for azure when there is no endpoint or no key, naming the variable', () => {
    expect(() => modelFrom('azure/m')).toThrow('AZURE_OPENAI_ENDPOINT, or the option baseURL');
    expect(() => modelFrom('azure/m', { baseURL: 'https://mine.example' })).toThrow('AZURE_OPENAI_API_KEY');
  });

  it.each(['nobody/m', 'groq', 'groq/', '/m', '', 'constructor/m'])(
    'throws for the name %j, saying which providers there are',
    (name) => {
      expect(() => modelFrom(name)).toThrow(InvalidRequestError);
      expect(() => modelFrom(name)).toThrow(/openai, anthropic, ollama, azure, deepseek, .* not "/);
    },
  );

  it('works where there is no environment', () => {
    vi.stubGlobal('process', undefined);

    expect(modelFrom('groq/m', { apiKey: 'key' }).provider).toBe('groq');
    expect(modelFrom('ollama/m').provider).toBe('ollama');
    expect(() => modelFrom('groq/m')).toThrow('GROQ_API_KEY');
  });
});
