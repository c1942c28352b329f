import { catchError, defer, switchMap, throwError } from 'rxjs';
import type { LanguageModel, ProviderSettings } from '../src/model.ts';
import { openaiChat } from '../providers/openaiChat.ts';
import { sdkOptions } from '../providers/wire/createModel.ts';
import { lazyClient } from '../providers/wire/sdk.ts';
import { fromSdkError } from '../providers/wire/sdkError.ts';

/** Where and how to ask a deployment on Azure, beside the options of the SDK. */
interface AzureOptions extends ProviderSettings {
  readonly endpoint: string;
  readonly apiKey: string;
  readonly apiVersion: string | undefined;
}

/** The latest version of the API that is not a preview. */
const latestVersion = '2024-10-21';

/** A deployment on Azure. Its client is a class of its own, so it can only be made once the SDK is loaded. */
export function azure(deployment: string, options: AzureOptions): LanguageModel {
  const { endpoint, apiKey, apiVersion = latestVersion, ...rest } = options;
  const settings = { ...rest, providerName: options.providerName ?? 'azure' };
  const model = openaiChat(deployment, settings);
  const load = lazyClient(
    'openai',
    undefined,
    () => import('openai'),
    ({ AzureOpenAI }) => {
      const client = new AzureOpenAI({
        ...sdkOptions(settings),
        apiKey,
        apiVersion,
        // Not `endpoint`, which the SDK refuses beside an `OPENAI_BASE_URL` of the environment.
        baseURL: `${endpoint.replace(/(?<!\/)\/+$/, '')}/openai`,
        organization: null,
        project: null,
      });
      return openaiChat(deployment, { ...settings, client });
    },
  );

  return {
    ...model,
    stream: (request) =>
      defer(load).pipe(
        catchError((error: unknown) => throwError(() => fromSdkError(error, { provider: model.provider }))),
        switchMap((loaded) => loaded.stream(request)),
      ),
  };
}
