/** What an error says, in whatever shape the server put it. */
export interface ErrorBody {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
}

/** Facts of a {@link WireError}. */
export interface WireErrorDetails {
  readonly code?: string | undefined;
  readonly status?: number | undefined;
  /** @defaultValue by `status` and `code`, see {@link isRetryable} */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** Found wrong while reading the wire; becomes a `ProviderError` where provider and partial are known. */
export class WireError extends Error {
  readonly details: WireErrorDetails;

  constructor(message: string, details: WireErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.details = details;
  }
}

/** An error that the server reports inside a stream that began well. */
export function inBandError(body: unknown): WireError {
  const { message = JSON.stringify(body), code, status } = readErrorBody(body);
  return new WireError(message, { code, status });
}

/**
 * Reads an error body of any server: `{error:{message,type,code}}` (OpenAI, Anthropic), `{error:'…'}` (Ollama, Venice),
 * `{code,error:'…'}` (xAI), `{detail}` (Mistral, ChatGPT), `{message}` (Mistral, Doubleword), `[{error}]` (Google).
 * The useful text of OpenRouter's 429 is in `error.metadata.raw`. What is deeper than any of these is not looked at.
 */
export function readErrorBody(body: unknown, levels = 8): ErrorBody {
  if (levels === 0) return {};
  if (typeof body === 'string') return body.trim() === '' ? {} : { message: body };
  if (Array.isArray(body)) return readErrorBody(body[0], levels - 1);
  if (typeof body !== 'object' || body === null) return {};

  const { error, message, detail, metadata, code, type, status, status_code } = body as Record<
    string,
    unknown
  >;
  if (typeof error === 'object' && error !== null)
    return { ...ownFacts(code, type, status ?? status_code), ...readErrorBody(error, levels - 1) };

  const raw = (metadata as { raw?: unknown } | undefined)?.raw;
  const text = [error, message, detail].find((value) => value !== undefined && value !== null);
  const words = typeof text === 'string' || text === undefined ? text : print(text);

  return {
    ...((words !== undefined || typeof raw === 'string') && {
      message: [words, raw].filter((value) => typeof value === 'string').join(': '),
    }),
    ...ownFacts(code, type, status ?? status_code),
  };
}

/** As JSON, unless it is deeper than the stack. */
function print(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function ownFacts(code: unknown, type: unknown, status: unknown): ErrorBody {
  const word = [code, type].find((value) => typeof value === 'string' && value !== '' && value !== 'error');
  const number = [status, code].map(Number).find((value) => value >= 400 && value < 600);

  return {
    ...(word !== undefined ? { code: word as string } : typeof code === 'number' && { code: String(code) }),
    ...(number !== undefined && { status: number }),
  };
}

/** Codes of errors that come back however often the request is made. */
const lasting =
  /invalid|authentication|permission|not_found|billing|insufficient_quota|context_length|unsupported|too_large|content_(filter|policy)|tool_use_failed/;

/** Whether the same request may succeed later. */
export function isRetryable(status: number | undefined, code: string | undefined): boolean {
  if (code !== undefined && lasting.test(code)) return false;
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}

/** What a person can read of an error's text: the title or the words of a page of HTML, and never all of a long one. */
export function shorten(text: string): string {
  const words = text.trimStart().startsWith('<') ? readPage(text.slice(0, longestPage)) : text;
  return words.length > 500 ? `${words.slice(0, 500)}…` : words;
}

/** How much of a page is looked at. */
export const longestPage = 4096;

function readPage(page: string): string {
  const title = /<title[^<>]*>([^<]+)/i.exec(page)?.[1]?.trim();
  const words = page
    .split(/<(?=\/?(?:style|script)\b)/i)
    .filter((part, index) => index === 0 || part.startsWith('/'))
    .join('<')
    .replace(/<[^>]*>?/g, ' ')
    .replace(/\s+/g, ' ');
  return title ?? (words.trim() || 'a page without words');
}
