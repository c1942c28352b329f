/**
 * Models of Anthropic by its Messages API.
 *
 * @module
 */
import type { Anthropic, ClientOptions } from '@anthropic-ai/sdk';
import type { Capabilities, LanguageModel, ProviderSettings } from '../src/model.ts';
import { mapEvents } from './anthropic/events.ts';
import { toBody, traitsOf } from './anthropic/request.ts';
import { createModel, sdkOptions } from './wire/createModel.ts';
import { lazyClient } from './wire/sdk.ts';

/** What is used of a client: that of `@anthropic-ai/sdk`, or of its sisters for Bedrock, Vertex and Foundry. */
export interface AnthropicClient {
  readonly messages: Pick<Anthropic['messages'], 'create'>;
  /** Milliseconds until the response must have begun. */
  readonly timeout: number;
}

/** Options of {@link anthropic}: those of the `@anthropic-ai/sdk` package's client, or a ready client, and our own. */
export interface AnthropicOptions extends ProviderSettings, ClientOptions {
  /** A ready client, for instance an `AnthropicBedrock`; the options of the SDK are then not looked at. */
  readonly client?: AnthropicClient;
}

/** The last version of the API that knows `temperature`, `top_p` and `top_k`; the SDK asks for a later one. */
const samplingVersion = '2023-06-01';

/**
 * A model behind Anthropic's Messages API, or behind any server that speaks like it by `baseURL`.
 *
 * The `@anthropic-ai/sdk` package makes the request: keys, URLs, headers, proxies and `fetch` are its options; betas
 * are its `defaultHeaders`. It is loaded at the first subscription and asked not to retry, since {@link retryStream}
 * does. Unsubscribing aborts the request.
 *
 * What a request says, and Anthropic says otherwise:
 * - `maxTokens` is demanded by the API; its default is as much as the model can write (128000 from Claude 4.6 on,
 *   less before, 8192 for a model that is not Claude). Thinking counts towards it.
 * - `thinkingEffort` is adaptive thinking with that effort from Claude 4.6 on, and a budget of tokens before, at most
 *   four fifths of `maxTokens`. `'minimal'` is `'low'`. `'none'` turns thinking off, where the model can; Opus 5.5,
 *   Fable and Mythos think as little as they can.
 * - `temperature` and `topP` go, with the older version of the API that knows them, to models up to Claude 4.6 that do
 *   not think; newer models refuse them and are not sent them.
 * - `outputSchema` is Anthropic's own structured output. What it does not know of JSON Schema, the bounds of a number
 *   for instance, is put into the descriptions.
 * - `frequencyPenalty`, `presencePenalty` and `seed` are unknown to Anthropic and not sent.
 *
 * Errors with `ProviderError` for whatever the server or the network refuses, `StreamInterruptedError` for an answer
 * without end, `MissingPackageError` without the package `@anthropic-ai/sdk`.
 *
 * @example
 * ```ts
 * const model = anthropic('claude-sonnet-5-5');
 * model.stream('Tell me a joke').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link openaiChat} for Chat Completions, which most other servers speak.
 */
export function anthropic(model: string, options: AnthropicOptions = {}): LanguageModel {
  const loadClient = lazyClient(
    '@anthropic-ai/sdk',
    options.client,
    () => import('@anthropic-ai/sdk'),
    ({ Anthropic }) => new Anthropic(sdkOptions(options)),
  );

  return createModel({
    provider: 'anthropic',
    model,
    capabilities: guessCapabilities(model),
    settings: options,
    format: 'sse',
    mapEvents,
    client: loadClient.made,
    prepare: (request) => {
      const body = toBody(model, request);
      const isSampling = ['temperature', 'top_p', 'top_k'].some((name) => body[name] !== undefined);

      return {
        connect: async (signal) => {
          const sdk = await loadClient();
          return sdk.messages
            .create(body as unknown as Anthropic.MessageCreateParamsStreaming, {
              signal,
              maxRetries: 0,
              // Without one the SDK refuses to ask for a long answer at once.
              timeout: sdk.timeout,
              ...(isSampling && { headers: { 'anthropic-version': samplingVersion } }),
            })
            .asResponse();
        },
      };
    },
  });
}

/** What a model can do, by its name. */
function guessCapabilities(model: string): Capabilities {
  const { thinking, structuredOutput } = traitsOf(model);
  return {
    streaming: true,
    tools: true,
    parallelTools: true,
    thinking: thinking !== 'none',
    structuredOutput,
    images: !/claude-(2|instant)|deepseek|kimi-k2|glm-4\.[5-7]$|minimax/i.test(model),
  };
}
