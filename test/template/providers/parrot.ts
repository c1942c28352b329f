import type { LanguageModel, ProviderSettings } from '../../../src/model.ts';
import { mapEvents } from './parrot/events.ts';
import { toBody } from './parrot/request.ts';
import { createModel, sdkOptions } from '../../../providers/wire/createModel.ts';
import { toHttpError } from '../../../providers/wire/httpError.ts';

/** Options of {@link parrot}. */
export interface ParrotOptions extends ProviderSettings {
  /** Where the server is. @defaultValue 'http://localhost:7777' */
  readonly host?: string;
  /** Makes the requests. @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch;
}

/**
 * A model of a Parrot server.
 *
 * Errors with `ProviderError` for whatever the server or the network refuses, and with `StreamInterruptedError` for an
 * answer without end. Unsubscribing aborts the request.
 *
 * @example
 * ```ts
 * const model = fallbackTo(parrot('ara', { host: 'http://parrots:7777' }), ollama('qwen3:4b'));
 * ```
 */
export function parrot(model: string, options: ParrotOptions = {}): LanguageModel {
  const { host = 'http://localhost:7777' } = options;
  const { fetch: send = fetch } = sdkOptions(options);

  return createModel({
    provider: 'parrot',
    model,
    capabilities: {
      streaming: true,
      tools: true,
      parallelTools: true,
      thinking: false,
      structuredOutput: false,
      images: false,
    },
    settings: options,
    format: 'json-lines',
    mapEvents,
    client: () => undefined,
    prepare: (request) => {
      const body = JSON.stringify(toBody(model, request));

      return {
        connect: async (signal) => {
          const response = await send(`${host}/say`, { method: 'POST', body, signal });
          if (!response.ok) throw await toHttpError(response);
          return response;
        },
      };
    },
  });
}
