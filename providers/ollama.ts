/**
 * Models that an Ollama runs.
 *
 * @module
 */
import type { ChatRequest, Config, Ollama } from 'ollama/browser';
import type { FinishChunk } from '../src/chunk.ts';
import type { Capabilities, LanguageModel, ProviderSettings } from '../src/model.ts';
import { mapEvents } from './ollama/events.ts';
import { rawClient } from './ollama/rawClient.ts';
import { toBody } from './ollama/request.ts';
import { createModel, sdkOptions } from './wire/createModel.ts';
import { lazyClient } from './wire/sdk.ts';

/** Options of {@link ollama}: those of the `ollama` package's client, or a ready client, and our own. */
export interface OllamaOptions extends ProviderSettings, Partial<Config> {
  /**
   * Where the server is. The package does not look at `OLLAMA_HOST`, so neither do we.
   *
   * @defaultValue 'http://127.0.0.1:11434'
   */
  readonly host?: string;
  /** A ready client; the options of the SDK are then not looked at. */
  readonly client?: Ollama;
  /**
   * Asks the server, behind each answer, which share of the model lies in the memory of the GPU: 1 is all of it, 0
   * none. It stands in `finish.metadata.gpuShare`, and is missing where the server does not tell within a second.
   *
   * @defaultValue false
   */
  readonly gpuShare?: boolean;
}

/** How long `finish` may wait for the GPU share, in milliseconds. */
const gpuShareLimit = 1000;

/**
 * A model of an Ollama server, this machine's or another one's by `host`.
 *
 * The `ollama` package makes the request: host, headers, proxy and `fetch` are its options. It is loaded at the first
 * subscription. Unsubscribing aborts the request, and the server stops computing.
 *
 * `finish.metadata` tells `totalDurationMs`, `loadDurationMs`, `promptEvalDurationMs` and `evalDurationMs`, in
 * milliseconds and fractions of them, `remoteModel` and `remoteHost` where the server asked another one, and
 * `logprobs` where `providerOptions: { logprobs: true }` asked for them; `usage.raw` has the server's own nanoseconds.
 * Ollama cannot be told which tool to call, `toolChoice: 'none'` apart. Images must be base64. Thinking that an older
 * model puts between tags into its text is left there for {@link splitThinking}.
 *
 * Errors with `ProviderError` for whatever the server or the network refuses, `StreamInterruptedError` for an answer
 * without end, `InvalidRequestError` for an image by URL, `MissingPackageError` without the package `ollama`.
 *
 * @example
 * ```ts
 * const model = ollama('qwen3:4b', { host: 'http://gpu-box:11434' });
 * model
 *   .stream({ messages, thinkingEffort: 'none', providerOptions: { keep_alive: '10m', options: { num_ctx: 16_384 } } })
 *   .pipe(splitThinking(), selectText())
 *   .subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link openaiChat} for Ollama's other protocol, at `/v1`.
 */
export function ollama(model: string, options: OllamaOptions = {}): LanguageModel {
  const { gpuShare = false, ...rest } = options;
  const loadClient = lazyClient(
    'ollama',
    options.client,
    // Not the main entry: all it adds is reading images from files, by `node:fs`.
    () => import('ollama/browser'),
    ({ Ollama }) => new Ollama(sdkOptions(rest)),
  );

  return createModel({
    provider: 'ollama',
    model,
    capabilities: guessCapabilities(model),
    settings: options,
    format: 'json-lines',
    mapEvents,
    forcesTools: false,
    client: loadClient.made,
    prepare: (request) => {
      const body = toBody(model, request) as unknown as ChatRequest & { stream: true };

      return {
        connect: async (signal) => {
          const answers: Response[] = [];
          const sdk = rawClient(await loadClient(), signal, (response) => {
            answers.push(response);
            return new Response('{}');
          });
          await sdk.chat(body);
          const [answer] = answers;
          if (!answer) throw new TypeError('the client made no request');
          return answer;
        },
        amendFinish: gpuShare
          ? async (finish, signal) => addGpuShare(finish, model, await loadClient(), signal)
          : undefined,
      };
    },
  });
}

async function addGpuShare(
  finish: FinishChunk,
  model: string,
  client: Ollama,
  signal: AbortSignal,
): Promise<FinishChunk> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(gpuShareLimit)]);
  const { models } = await rawClient(client, limit).ps();
  // The server adds the tag to a name without one.
  const hasTag = model.lastIndexOf(':') > model.lastIndexOf('/');
  const fullName = hasTag ? model : `${model}:latest`;
  const loaded = models.find((candidate) => candidate.model === fullName || candidate.name === fullName);
  if (!loaded || !(loaded.size > 0)) return finish;

  return { ...finish, metadata: { ...finish.metadata, gpuShare: loaded.size_vram / loaded.size } };
}

/** What a model can do, by its name. */
function guessCapabilities(model: string): Capabilities {
  const tools = !/embed|\bllama[23](?![.\w-])|codellama|gemma[23]?n?\b|phi[23]?\b|llava|moondream/i.test(
    model,
  );

  return {
    streaming: true,
    tools,
    parallelTools: tools,
    thinking: /gpt-oss|qwen3(?!-coder)|deepseek-(r1|v3\.1)|qwq|magistral|think|reason/i.test(model),
    structuredOutput: true,
    images: /llava|vision|\dvl|-vl|gemma[34]|llama4|moondream|minicpm-v|mistral-small3|pixtral/i.test(model),
  };
}
