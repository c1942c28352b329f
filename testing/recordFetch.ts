/**
 * Records what a provider is asked and answers to a file, without its keys.
 *
 * @module
 */
import type { JsonValue } from '../src/json.ts';
import {
  encodeBytes,
  readSignal,
  readTarget,
  type RecordedEnd,
  type RecordedError,
  type RecordedExchange,
  toPath,
  writeRecording,
} from './fetchRecording.ts';
import { hideHosts, Secrets } from './secrets.ts';

/** Options of {@link recordFetch}. */
export interface RecordFetchOptions {
  /** What makes the requests. @defaultValue the global one */
  readonly fetch?: typeof fetch;
  /** Further texts that must not reach the file, wherever they stand. */
  readonly secrets?: readonly string[];
}

/**
 * A `fetch` that writes down the requests it makes and the answers it gets, read by read, with their times.
 *
 * For the `fetch` option of an SDK, once; {@link replayFetch} then plays the session without network. The file is
 * JSON for people to read. It is replaced as a whole each time the body of an answer ends, whether complete, aborted or
 * broken off: a moment after the `finish` of its stream. What is under way when the process stops is not in it.
 *
 * Never written are the host, the query and all headers but a few known ones: no key, cookie or account comes from
 * there. What a header or parameter of a telling name held (`Authorization`, `X-Api-Key`, `OpenAI-Organization`, …) is
 * also replaced by as many `x` in bodies, and so is what has the form of a key or of an organisation's id. Accounts in
 * paths become `*`. Of request bodies `user`, `metadata`, `safety_identifier`, `prompt_cache_key` and the credentials of
 * MCP servers are removed, also where the answer repeats them. The conversation itself is written as it is: name in
 * `secrets` what of it must not be, and read the file before you publish it.
 *
 * Rejects with what the `fetch` inside rejects with, and with the file system's error where the file cannot be
 * written. Aborting aborts the request; what had come is written.
 *
 * @example
 * ```ts
 * const model = openai('gpt-5-mini', { fetch: recordFetch('test/sessions/weather.json') });
 * ```
 *
 * @see {@link recordChunks} for the chunks instead of the bytes; it needs no file system.
 */
export function recordFetch(file: string | URL, options: RecordFetchOptions = {}): typeof fetch {
  const path = toPath('recordFetch', file);
  const { secrets: known = [] } = options;
  if (known.some((secret) => typeof secret !== 'string' || secret === '')) {
    throw new TypeError('recordFetch: secrets must be non-empty strings');
  }
  const secrets = new Secrets(known);
  const exchanges: Exchange[] = [];
  const save = () =>
    writeRecording(
      path,
      exchanges.flatMap((exchange) => exchange.recorded(secrets)),
    );

  return async (input, init) => {
    const { url, method } = readTarget(input, init);
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    const [body, sent] = await readRequestBody(input, init);
    const request = { method, path: secrets.pickPath(url), headers: secrets.pickRequestHeaders(headers) };
    const exchange = new Exchange({
      url,
      request,
      body: cleanBody(body, secrets),
      signal: readSignal(input, init),
      save,
    });
    exchanges.push(exchange);

    try {
      const response = await (options.fetch ?? fetch)(input, sent);
      return exchange.watch(response, secrets.pickResponseHeaders(response.headers));
    } catch (error) {
      exchange.fail(error);
      throw error;
    }
  };
}

/** The bytes of a request, and what to send, since a stream can be read only once. */
async function readRequestBody(
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<[Buffer | undefined, RequestInit | undefined]> {
  let body = init?.body ?? undefined;
  let sent = init;
  if (body instanceof ReadableStream) {
    const [one, other] = body.tee();
    sent = { ...init, body: one };
    body = other;
  }
  if (body === undefined && input instanceof Request) body = input.clone().body ?? undefined;
  return [body === undefined ? undefined : Buffer.from(await new Response(body).arrayBuffer()), sent];
}

function cleanBody(body: Buffer | undefined, secrets: Secrets): Buffer | undefined {
  try {
    return body && Buffer.from(JSON.stringify(secrets.cleanBody(JSON.parse(body.toString()) as JsonValue)));
  } catch {
    return body;
  }
}

/** How an exchange ends, without the time. */
type End = { readonly as: 'complete' | 'aborted' } | { readonly as: 'failed'; readonly error: RecordedError };

/** What an exchange begins with. */
interface Asked {
  readonly url: URL;
  readonly request: Omit<RecordedExchange['request'], 'body'>;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly save: () => void;
}

/** One request while it runs, and what is known of it then. */
class Exchange {
  readonly #start = performance.now();
  readonly #asked: Asked;
  readonly #pieces: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  #response: RecordedExchange['response'];
  #end: RecordedEnd | undefined;

  constructor(asked: Asked) {
    this.#asked = asked;
    asked.signal?.addEventListener('abort', this.#onAbort);
  }

  /** The same response, of which every read is written down. */
  watch(response: Response, headers: Record<string, string>): Response {
    const { status, statusText, body } = response;
    this.#response = { at: this.#now(), status, statusText, headers };
    if (!body) this.#finish({ as: 'complete' });
    const watched = new Response(body && this.#watchBody(body), response);
    return Object.defineProperty(watched, 'url', { value: response.url });
  }

  fail(error: unknown): void {
    const { signal, url } = this.#asked;
    if (signal?.aborted) this.#finish({ as: 'aborted' });
    else this.#finish({ as: 'failed', error: toRecordedError(error, url) });
  }

  /** What may be written, nothing while it runs. */
  recorded(secrets: Secrets): RecordedExchange[] {
    if (!this.#end) return [];
    const bytes = Buffer.concat(this.#pieces.map((piece) => piece.bytes));
    secrets.blank(bytes);
    let from = 0;
    const pieces = this.#pieces.map(({ at, bytes: { length } }) => {
      from += length;
      return { at, ...encodeBytes(bytes.subarray(from - length, from)) };
    });
    const { request, body } = this.#asked;
    const { method, path, headers } = request;
    const response = this.#response;
    const end = this.#end;

    return [
      {
        request: {
          method,
          path: secrets.blankText(path, '*').replace(/\*+/g, '*'),
          headers: blankAll(headers, secrets),
          ...(body && { body: toRecordedBody(body, secrets) }),
        },
        ...(response && {
          response: {
            ...response,
            statusText: secrets.blankText(response.statusText),
            headers: blankAll(response.headers, secrets),
          },
        }),
        pieces,
        end: end.as === 'failed' ? { ...end, error: blankError(end.error, secrets) } : end,
      },
    ];
  }

  readonly #onAbort = () => this.#finish({ as: 'aborted' });

  #watchBody(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();

    return new ReadableStream(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (done) {
              this.#finish({ as: 'complete' });
              controller.close();
            } else {
              if (!this.#end) this.#pieces.push({ at: this.#now(), bytes: value.slice() });
              controller.enqueue(value);
            }
          } catch (error) {
            this.fail(error);
            controller.error(error);
          }
        },
        cancel: (reason) => {
          this.#finish({ as: 'aborted' });
          return reader.cancel(reason);
        },
      },
      // Nothing is read that nobody has asked for.
      { highWaterMark: 0 },
    );
  }

  #finish(end: End): void {
    if (this.#end) return;
    this.#asked.signal?.removeEventListener('abort', this.#onAbort);
    this.#end = { at: this.#now(), ...end };
    this.#asked.save();
  }

  #now(): number {
    return Math.round(performance.now() - this.#start);
  }
}

function blankAll(headers: Readonly<Record<string, string>>, secrets: Secrets): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, secrets.blankText(value)]));
}

function toRecordedBody(body: Buffer, secrets: Secrets): NonNullable<RecordedExchange['request']['body']> {
  const bytes = Buffer.from(body);
  secrets.blank(bytes);
  try {
    return { json: JSON.parse(bytes.toString()) as JsonValue };
  } catch {
    return encodeBytes(bytes);
  }
}

/** `fetch` wraps the system's error in `cause`. */
function toRecordedError(thrown: unknown, url: URL): RecordedError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: hideHosts(String(thrown), url) };
  const { name, message, cause, code } = thrown as Error & { code?: unknown };
  return {
    name,
    message: hideHosts(message, url),
    ...(typeof code === 'string' && { code }),
    ...(cause !== undefined && { cause: toRecordedError(cause, url) }),
  };
}

function blankError(error: RecordedError, secrets: Secrets): RecordedError {
  const { message, cause } = error;
  return {
    ...error,
    message: secrets.blankText(message),
    ...(cause && { cause: blankError(cause, secrets) }),
  };
}
