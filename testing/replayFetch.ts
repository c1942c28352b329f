/**
 * Plays a recording of a provider, so that a test needs neither network nor key.
 *
 * @module
 */
import { checkOneOf } from '../src/checkOptions.ts';
import {
  decodeBytes,
  readRecording,
  readSignal,
  readTarget,
  type RecordedError,
  type RecordedExchange,
  toPath,
} from './fetchRecording.ts';

/** Options of {@link replayFetch}. */
export interface ReplayFetchOptions {
  /** Whether answers come when they came, or at once; the reads are the same. @defaultValue 'recorded' */
  readonly pace?: 'recorded' | 'at-once';
}

/**
 * A `fetch` that answers from a file of {@link recordFetch}, without network.
 *
 * For the `fetch` option of the SDK that was recorded. A request gets the first answer of its method and path that has
 * not been given yet; host, query and body are not compared. A connection that broke off breaks off again. Where the
 * recorded reader had stopped, the answer waits for this reader to stop too, and fails a second later.
 *
 * A request that has no recording is answered with a status that no SDK retries, 404, and a message that tells what was
 * asked and what there is: an error of `fetch` itself would be hidden by most SDKs, and be retried. Aborting rejects, or
 * ends the body, with the signal's reason. A file that is missing or not a recording throws at the call.
 *
 * @example
 * ```ts
 * const fetch = replayFetch('test/sessions/weather.json', { pace: 'at-once' });
 * const model = openai('gpt-5-mini', { apiKey: 'none', fetch });
 * ```
 *
 * @see {@link replayChunks} for virtual time: here it is real time.
 */
export function replayFetch(file: string | URL, options: ReplayFetchOptions = {}): typeof fetch {
  const { pace = 'recorded' } = options;
  checkOneOf('replayFetch', 'pace', pace, ['recorded', 'at-once']);
  const path = toPath('replayFetch', file);
  const exchanges = readRecording(path);
  const played = new Set<RecordedExchange>();

  return async (input, init) => {
    const { url, method } = readTarget(input, init);
    const exchange = exchanges.find(
      (candidate) => !played.has(candidate) && isOf(candidate, method, url.pathname),
    );
    if (!exchange) {
      return refuse(
        `${path} has no recording left of ${method} ${url.pathname}, but ${list(exchanges, played)}`,
      );
    }
    played.add(exchange);
    return new Playback(exchange, pace === 'recorded', readSignal(input, init)).respond(url.href);
  };
}

/** How long an answer may stay open behind the place where its recorded reader stopped, in milliseconds. */
const patience = 1000;

/** Statuses of answers that cannot have a body. */
const bodiless = [101, 103, 204, 205, 304];

function isOf({ request }: RecordedExchange, method: string, path: string): boolean {
  const pattern = request.path.split('*').map((part) => part.replace(/[\\^$.|?+()[\]{}]/g, '\\$&'));
  return request.method === method && new RegExp(`^${pattern.join('[^/]+')}$`).test(path);
}

function list(exchanges: readonly RecordedExchange[], played: ReadonlySet<RecordedExchange>): string {
  const names = exchanges.map((exchange) => {
    const { method, path } = exchange.request;
    return `${method} ${path}${played.has(exchange) ? ' (played)' : ''}`;
  });
  return names.length === 0 ? 'is empty' : names.join(', ');
}

/** An error in the form that all providers' SDKs read. */
function refuse(why: string): Response {
  const error = { type: 'no_recording', code: 'no_recording', message: `replayFetch: ${why}` };
  return Response.json({ type: 'error', error }, { status: 404 });
}

/** One recorded exchange while it is played. */
class Playback {
  readonly #exchange: RecordedExchange;
  readonly #isPaced: boolean;
  readonly #start = performance.now();
  readonly #signal: AbortSignal | undefined;
  /** Ends every wait: fired by the caller's signal, or when the body is cancelled. */
  readonly #stop = new AbortController();

  constructor(exchange: RecordedExchange, isPaced: boolean, signal: AbortSignal | undefined) {
    this.#exchange = exchange;
    this.#isPaced = isPaced;
    this.#signal = signal;
  }

  async respond(url: string): Promise<Response> {
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    const { response, end, request } = this.#exchange;
    try {
      if (response) {
        await this.#pace(response.at);
        const { status, statusText, headers } = response;
        const body = bodiless.includes(status) ? null : this.#body();
        if (!body) this.#close();
        return Object.defineProperty(new Response(body, { status, statusText, headers }), 'url', {
          value: url,
        });
      }
      if (end.as === 'failed') {
        await this.#pace(end.at);
        throw toError(end.error);
      }
      await this.#waitUntil(end.at + patience);
      this.#close();
      return refuse(`the recorded reader of ${request.method} ${request.path} stopped before the answer`);
    } catch (error) {
      this.#close();
      throw error;
    }
  }

  readonly #onAbort = () => this.#stop.abort(this.#signal?.reason);

  #body(): ReadableStream<Uint8Array> {
    const { pieces, end, request } = this.#exchange;
    const rest = pieces.values();

    return new ReadableStream(
      {
        start: (controller) => {
          const { signal } = this.#stop;
          signal.addEventListener('abort', () => controller.error(signal.reason), { once: true });
        },
        pull: async (controller) => {
          const { value: piece } = rest.next();
          if (piece) {
            await this.#pace(piece.at);
            controller.enqueue(new Uint8Array(decodeBytes(piece)));
            return;
          }
          if (end.as === 'aborted') {
            await this.#waitUntil(end.at + patience);
            this.#close();
            throw new Error(
              `replayFetch: the recorded reader of ${request.method} ${request.path} stopped here`,
            );
          }
          await this.#pace(end.at);
          this.#close();
          if (end.as === 'failed') throw toError(end.error);
          controller.close();
        },
        cancel: () => {
          this.#close();
          this.#stop.abort();
        },
      },
      // One read of the network is one read of the body.
      { highWaterMark: 0 },
    );
  }

  /** Listens to the caller no longer. */
  #close(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  async #pace(at: number): Promise<void> {
    if (this.#isPaced) await this.#waitUntil(at);
  }

  /** Waits for a time since the request; rejects with the reason when stopped. */
  async #waitUntil(at: number): Promise<void> {
    const { signal } = this.#stop;
    const wait = at - (performance.now() - this.#start);
    if (wait <= 0) return;

    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, wait);
      signal.addEventListener('abort', end);
    });
    signal.throwIfAborted();
  }
}

/** What was thrown, as far as its fields go; a `TypeError` is one, since `fetch` throws such. */
function toError({ name, message, code, cause }: RecordedError): Error {
  const Kind = name === 'TypeError' ? TypeError : Error;
  const error = cause ? new Kind(message, { cause: toError(cause) }) : new Kind(message);
  return Object.assign(error, error.name !== name && { name }, code !== undefined && { code });
}
