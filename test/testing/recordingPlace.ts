import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { recordFetch } from '../../testing/recordFetch.ts';

/** An exchange as it stands in the file. */
export interface WrittenExchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response?: {
    readonly at: number;
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly pieces: readonly { readonly at: number; readonly text?: string; readonly base64?: string }[];
  readonly end: { readonly at: number; readonly as: string; readonly error?: unknown };
}

/** The folder and the file of the test that runs. */
export const place = { folder: '', file: '' };

/** Gives each test a new place, and checks that nothing is printed or left unhandled. */
export function useNewPlace(): void {
  const printed = vi.fn();
  const rejected = vi.fn();

  beforeEach(() => {
    place.folder = mkdtempSync(join(tmpdir(), 'recording-'));
    place.file = join(place.folder, 'session.json');
    process.on('unhandledRejection', rejected);
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, method).mockImplementation(printed);
    }
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    process.off('unhandledRejection', rejected);
    rmSync(place.folder, { recursive: true });
    expect(printed).not.toHaveBeenCalled();
    expect(rejected).not.toHaveBeenCalled();
  });
}

/** The exchanges of the file. */
export function written(file = place.file): readonly WrittenExchange[] {
  return (JSON.parse(readFileSync(file, 'utf8')) as { exchanges: WrittenExchange[] }).exchanges;
}

/** The file, once it has so many exchanges: the end of a body is read a moment after the end of the stream. */
export function writtenOnce(count: number): Promise<readonly WrittenExchange[]> {
  return vi.waitFor(() => {
    const exchanges = written();
    expect(exchanges).toHaveLength(count);
    return exchanges;
  });
}

/** Where the answers of {@link answering} are asked for. */
export const url = 'http://model.test/v1/chat';

/** A `fetch` whose answer has these pieces, each so many milliseconds behind the one before. */
export function answering(
  pieces: readonly string[],
  options: { wait?: number; init?: ResponseInit } = {},
): typeof fetch {
  return (_, init) => {
    const rest = pieces.values();
    const body = new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          if (options.wait) await new Promise((resolve) => setTimeout(resolve, options.wait));
          init?.signal?.throwIfAborted();
          const { value, done } = rest.next();
          if (done) controller.close();
          else controller.enqueue(new TextEncoder().encode(value));
        },
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body, options.init));
  };
}

/** Records one exchange and gives its file. */
export async function recordOne(
  fetch: typeof globalThis.fetch,
  init?: RequestInit,
): Promise<readonly WrittenExchange[]> {
  const response = await recordFetch(place.file, { fetch })(url, init);
  await response.text();
  return written();
}
