import { defer, throwError } from 'rxjs';
import { checkNumber } from '../../src/checkOptions.ts';
import { InvalidRequestError, isRxllmError, type RxllmError } from '../../src/errors.ts';
import type { Capabilities, LanguageModel, ProviderSettings } from '../../src/model.ts';
import { type ModelRequest, toRequest } from '../../src/request.ts';
import { limitErrorBodies } from './errorBody.ts';
import { streamCall, type WireCall } from './streamCall.ts';
import { askForOutput } from './structuredOutput.ts';

/** What makes a provider: how it asks and how it reads. */
export interface ProviderDefinition {
  readonly provider: string;
  readonly model: string;
  readonly capabilities: Capabilities;
  readonly settings: ProviderSettings;
  readonly format: WireCall['format'];
  readonly mapEvents: WireCall['mapEvents'];
  /** Whether a request can make the model call a tool. @defaultValue true */
  readonly forcesTools?: boolean;
  /** Tells the client, once there is one. */
  readonly client: () => unknown;
  /** Prepares a request; throws where it cannot be sent. `stream` is already settled. */
  readonly prepare: (
    request: ModelRequest & { stream: boolean },
  ) => Pick<WireCall, 'connect' | 'amendFinish'>;
}

/** The default of `maxEventLength`. */
const longestEvent = 2 ** 24;

/** A language model over one of the SDKs. */
export function createModel(definition: ProviderDefinition): LanguageModel {
  const { model, settings, format, prepare, forcesTools = true } = definition;
  const {
    providerName: provider = definition.provider,
    partial = true,
    maxEventLength = longestEvent,
  } = settings;
  checkNumber(definition.provider, 'maxEventLength', maxEventLength, { min: 1, integer: true });
  if (typeof model !== 'string' || model === '') {
    throw new TypeError(
      `${definition.provider}: the name of the model must be a non-empty string, not ${JSON.stringify(model)}`,
    );
  }
  const capabilities = { ...definition.capabilities, ...settings.capabilities };

  return {
    provider,
    model,
    capabilities,
    stream: (input) =>
      defer(() => {
        try {
          const plain = { request: toRequest(input), mapEvents: definition.mapEvents };
          const { request, mapEvents } = capabilities.structuredOutput
            ? plain
            : askForOutput(plain, forcesTools && capabilities.tools);
          const { stream = capabilities.streaming, includeRaw = false } = request;
          return streamCall({
            provider,
            model,
            format,
            mapEvents,
            includeRaw,
            keepPartial: partial,
            maxEventLength,
            keyOwners: () => [settings, definition.client()],
            ...prepare({ ...request, stream }),
          });
        } catch (error) {
          return throwError(() => toRequestError(error, provider));
        }
      }),
  };
}

/** What is looked at of the SDK's options. */
interface SdkSettings {
  readonly client?: unknown;
  readonly fetch?: typeof fetch;
  readonly workloadIdentity?: unknown;
}

/** What preparing a request threw, naming the provider. */
function toRequestError(error: unknown, provider: string): RxllmError {
  if (isRxllmError(error) && error.provider !== undefined) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new InvalidRequestError(`${provider}: ${message}`, { provider, cause: error });
}

/** The SDK's part of a provider's options, with a `fetch` that reads errors up to `maxEventLength` only. */
export function sdkOptions<Options extends ProviderSettings>(
  options: Options,
): Omit<Options, keyof ProviderSettings | 'client'> {
  const {
    providerName: _,
    capabilities: __,
    partial: ___,
    maxEventLength = longestEvent,
    client: ____,
    ...sdk
  } = options as ProviderSettings & SdkSettings;
  // With a workload identity a client of OpenAI has a `fetch` of its own, and refuses another one.
  const own = sdk.workloadIdentity === undefined && { fetch: limitErrorBodies(sdk.fetch, maxEventLength) };
  return { ...sdk, ...own } as Omit<Options, keyof ProviderSettings | 'client'>;
}
