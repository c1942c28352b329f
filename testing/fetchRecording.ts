import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonValue } from '../src/json.ts';

/** Bytes in a form that a person can read where they are text. */
export type RecordedBytes = { readonly text: string } | { readonly base64: string };

/** What one network read gave; `at` is milliseconds since the request, here and below. */
type RecordedPiece = RecordedBytes & { readonly at: number };

/** What a network error tells, without the names of hosts. */
export interface RecordedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: RecordedError;
}

/** How an exchange ended: by itself, stopped by its reader, or broken off by the network. */
export type RecordedEnd =
  | { readonly at: number; readonly as: 'complete' | 'aborted' }
  | { readonly at: number; readonly as: 'failed'; readonly error: RecordedError };

/** A request and its answer. */
export interface RecordedExchange {
  readonly request: {
    readonly method: string;
    /** Without host and query; `*` stands for what was removed. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: RecordedBytes | { readonly json: JsonValue };
  };
  /** Absent where none came. */
  readonly response?: {
    readonly at: number;
    readonly status: number;
    readonly statusText: string;
    readonly headers: Readonly<Record<string, string>>;
  };
  readonly pieces: readonly RecordedPiece[];
  readonly end: RecordedEnd;
}

/** The file of {@link recordFetch}. */
interface Recording {
  readonly format: typeof format;
  readonly exchanges: readonly RecordedExchange[];
}

const format = 'rxllm fetch recording 1';

/**
 * The path of a file.
 *
 * @throws {TypeError} naming the function, where it is none
 */
export function toPath(owner: string, file: string | URL): string {
  if (file instanceof URL) return fileURLToPath(file);
  if (typeof file !== 'string' || file === '') {
    throw new TypeError(`${owner}: the file must be a path or a file URL, not ${JSON.stringify(file)}`);
  }
  return file;
}

/** Replaces the file as a whole: whoever reads it, or stops this process, finds the old one or the new one. */
export function writeRecording(path: string, exchanges: readonly RecordedExchange[]): void {
  const recording: Recording = { format, exchanges };
  const draft = `${path}.${process.pid}.draft`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, `${JSON.stringify(recording, undefined, 2)}\n`);
  renameSync(draft, path);
}

/**
 * The exchanges of a file.
 *
 * @throws {TypeError} where it is not a recording, and what `readFileSync` throws
 */
export function readRecording(path: string): readonly RecordedExchange[] {
  const text = readFileSync(path, 'utf8');
  try {
    const recording = JSON.parse(text) as Partial<Recording> | null;
    if (recording?.format === format && recording.exchanges) return recording.exchanges;
  } catch (error) {
    throw new TypeError(`replayFetch: ${path} is not JSON`, { cause: error });
  }
  throw new TypeError(`replayFetch: ${path} is not a recording of recordFetch`);
}

/** Bytes as text where they are UTF-8 and nothing else. */
export function encodeBytes(bytes: Buffer): RecordedBytes {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: bytes.toString('base64') };
  }
}

/** The bytes that were encoded. */
export function decodeBytes(bytes: RecordedBytes): Buffer {
  return 'text' in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, 'base64');
}

/** The URL and method of a request, whatever `fetch` was given. */
export function readTarget(input: string | URL | Request, init?: RequestInit): { url: URL; method: string } {
  const request = input instanceof Request ? input : undefined;
  // The base is for a path alone, which some clients ask for.
  const url = new URL(request?.url ?? (input as string | URL), 'http://localhost');
  return { url, method: (init?.method ?? request?.method ?? 'GET').toUpperCase() };
}

/** The signal that aborts a request. */
export function readSignal(input: string | URL | Request, init?: RequestInit): AbortSignal | undefined {
  return init?.signal ?? (input instanceof Request ? input.signal : undefined);
}
