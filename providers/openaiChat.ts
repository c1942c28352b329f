/**
 * Models of OpenAI by Chat Completions, and of every server that speaks it.
 *
 * @module
 */
import type { AzureOpenAI, ClientOptions, OpenAI } from 'openai';
import type { Capabilities, LanguageModel, ProviderSettings } from '../src/model.ts';
import { mapEvents } from './openaiChat/events.ts';
import { toBody } from './openaiChat/request.ts';
import { createModel, sdkOptions } from './wire/createModel.ts';
import { lazyClient } from './wire/sdk.ts';

/** Options of {@link openaiChat}: those of the `openai` package's client, or a ready client, and our own. */
export interface OpenAIChatOptions extends ProviderSettings, ClientOptions {
  /** A ready client, for instance an `AzureOpenAI`; the options of the SDK are then not looked at. */
  readonly client?: OpenAI | AzureOpenAI;
}

/**
 * A model behind Chat Completions: OpenAI's, or that of any compatible server by `baseURL`.
 *
 * The `openai` package makes the request: keys, URLs, headers, proxies and `fetch` are its options. It is loaded at
 * the first subscription and asked not to retry, since {@link retryStream} does. Unsubscribing aborts the request.
 *
 * Errors with `ProviderError` for whatever the server or the network refuses, `StreamInterruptedError` for an answer
 * without end, `MissingPackageError` without the package `openai`.
 *
 * @example
 * ```ts
 * const model = openaiChat('llama-3.3-70b-versatile', { baseURL: 'https://api.groq.com/openai/v1', apiKey });
 * model.stream('Tell me a joke').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link openai} for OpenAI's own newer protocol, Responses.
 */
export function openaiChat(model: string, options: OpenAIChatOptions = {}): LanguageModel {
  const loadClient = lazyClient(
    'openai',
    options.client,
    () => import('openai'),
    ({ OpenAI }) => new OpenAI(sdkOptions(options)),
  );

  return createModel({
    provider: 'openai',
    model,
    capabilities: guessCapabilities(model),
    settings: options,
    format: 'sse',
    mapEvents,
    client: loadClient.made,
    prepare: (request) => ({
      connect: async (signal) => {
        const sdk = await loadClient();
        const limitName = /openai\.(com|azure\.com)/.test(sdk.baseURL)
          ? 'max_completion_tokens'
          : 'max_tokens';
        const body = toBody(
          model,
          request,
          limitName,
        ) as unknown as OpenAI.ChatCompletionCreateParamsStreaming;
        return sdk.chat.completions.create(body, { signal, maxRetries: 0 }).asResponse();
      },
    }),
  });
}

/** What a model can do, by its name. */
function guessCapabilities(model: string): Capabilities {
  return {
    streaming: true,
    tools: true,
    parallelTools: true,
    thinking: /\bo[134]\b|gpt-(5|oss)|reason|think|deepseek-r|qwq|magistral|grok-(3-mini|4)/i.test(model),
    structuredOutput: true,
    images: !/gpt-3\.5|instruct|embed|deepseek|codestral|gpt-oss/i.test(model),
  };
}
