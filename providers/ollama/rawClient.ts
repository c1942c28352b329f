import type { Config, Ollama } from 'ollama/browser';
import { toHttpError } from '../wire/httpError.ts';

/** Any function of the form of `fetch`. */
type Fetch = typeof fetch;

/** Stands for the host where the client has none, so that the SDK finds a URL that it can parse. */
const noHost = 'http://no-host.invalid';

/**
 * A client that makes its requests as the given one does, but leaves their answers to us.
 *
 * The SDK can neither abort a request before its headers nor hand out the raw response, skips lines that it cannot
 * parse, and writes to the console where an error is not JSON. So this client is made for one call: its requests
 * listen to `signal`, an answer that is not 2xx is thrown with status, headers and body, and `onResponse` may take
 * the answer over by returning what the SDK shall see instead. Everything else is inherited from `client`.
 */
export function rawClient(
  client: Ollama,
  signal: AbortSignal,
  onResponse: (response: Response) => Response = (response) => response,
): Ollama {
  const { config, fetch: clientFetch } = client as unknown as { config: Config; fetch: Fetch };

  const fetch: Fetch = async (input, init) => {
    const url = typeof input === 'string' && input.startsWith(noHost) ? input.slice(noHost.length) : input;
    const signals = init?.signal ? [init.signal, signal] : [signal];
    const response = await clientFetch(url, { ...init, signal: AbortSignal.any(signals) });
    if (!response.ok) throw await toHttpError(response);
    return onResponse(response);
  };

  return Object.assign(Object.create(client) as Ollama, {
    config: { ...config, host: config.host === '' ? noHost : config.host },
    fetch,
    ongoingStreamedRequests: [],
    // The SDK's client for Node would read a file where base64 happens to be a path, `/etc/hosts` for one.
    encodeImage: (image: Uint8Array | string) =>
      typeof image === 'string' ? Promise.resolve(image) : client.encodeImage(image),
  });
}
