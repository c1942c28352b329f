/**
 * Models of OpenAI by its Responses API, on Azure as well.
 *
 * @module
 */
import type { AzureOpenAI, ClientOptions, OpenAI } from 'openai';
import type { Capabilities, LanguageModel, ProviderSettings } from '../src/model.ts';
import { mapEvents } from './openai/events.ts';
import { toBody } from './openai/request.ts';
import { createModel, sdkOptions } from './wire/createModel.ts';
import { lazyClient } from './wire/sdk.ts';

/** Options of {@link openai}: those of the `openai` package's client, or a ready client, and our own. */
export interface OpenAIOptions extends ProviderSettings, ClientOptions {
  /** A ready client, for instance an `AzureOpenAI`; the options of the SDK are then not looked at. */
  readonly client?: OpenAI | AzureOpenAI;
}

/**
 * A model behind Responses, OpenAI's own protocol: with thinking, web search and other tools that OpenAI runs.
 *
 * The `openai` package makes the request: keys, URLs, headers, proxies and `fetch` are its options. It is loaded at
 * the first subscription and asked not to retry, since {@link retryStream} does. Unsubscribing aborts the request.
 *
 * What OpenAI's tools do comes as `tool-call` and `tool-result` with `providerExecuted`; the result is the whole item.
 * They are switched on by `providerOptions`, which replaces what it names: `tools` there must list functions too.
 * A thinking effort also asks for a summary of the thinking; organisations that may not see one give `reasoning` in
 * `providerOptions` instead. Thinking goes back encrypted, so that it lives on where nothing is stored. `stop`,
 * `seed` and the penalties are not sent: this protocol does not know them.
 *
 * Errors with `ProviderError` for whatever the server or the network refuses, `StreamInterruptedError` for an answer
 * without end, `MissingPackageError` without the package `openai`.
 *
 * @example
 * ```ts
 * const model = openai('gpt-5-mini', { apiKey });
 * model
 *   .stream({ messages, providerOptions: { tools: [{ type: 'web_search' }] } })
 *   .pipe(selectText())
 *   .subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link openaiChat} for Chat Completions, which nearly every other server speaks.
 */
export function openai(model: string, options: OpenAIOptions = {}): LanguageModel {
  const loadClient = lazyClient(
    'openai',
    options.client,
    () => import('openai'),
    ({ OpenAI }) => new OpenAI(sdkOptions(options)),
  );
  const capabilities = guessCapabilities(model);
  const thinks = options.capabilities?.thinking ?? capabilities.thinking;

  return createModel({
    provider: 'openai',
    model,
    capabilities,
    settings: options,
    format: 'sse',
    mapEvents,
    client: loadClient.made,
    prepare: (request) => ({
      connect: async (signal) => {
        const sdk = await loadClient();
        const body = toBody(
          model,
          request,
          thinks,
        ) as unknown as OpenAI.Responses.ResponseCreateParamsStreaming;
        return sdk.responses.create(body, { signal, maxRetries: 0 }).asResponse();
      },
    }),
  });
}

/** What a model can do, by its name. */
function guessCapabilities(model: string): Capabilities {
  return {
    streaming: !/\b(o\d|gpt-5)-pro\b/i.test(model),
    tools: true,
    parallelTools: true,
    // Chat variants and the like do not think, and OpenAI refuses to include what such a model thought.
    thinking:
      /\bo[134]\b|gpt-(5|oss)|codex|computer-use|grok-(3-mini|4)/i.test(model) &&
      !/gpt-5[\d.]*-chat|non-reasoning/i.test(model),
    structuredOutput: true,
    images: !/gpt-3\.5|gpt-4-0613|gpt-4$|o1-mini|o3-mini|deepseek|gpt-oss/i.test(model),
  };
}
