import type { ErrorChunk, StreamChunk } from '../src/chunk.ts';
import { GrammarError } from '../src/errors.ts';

/** What a line of a chunk log tells beside its time. */
export type LoggedEvent =
  { readonly chunk: StreamChunk } | { readonly error: ErrorChunk['error'] } | { readonly complete: true };

/** One line of a chunk log; `at` is milliseconds since the subscription. */
export type LogLine = LoggedEvent & { readonly at: number };

/**
 * Reads one line of a chunk log.
 *
 * @throws {GrammarError} naming the line, where it is not of that form
 */
export function readLogLine(text: string, number: number): LogLine {
  const line = parse(text);
  if (isLogLine(line)) return line;
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new GrammarError(`replayChunks: line ${number} is not of a chunk log: ${shown}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLogLine(value: unknown): value is LogLine {
  if (typeof value !== 'object' || value === null) return false;
  const { at, chunk, error, complete } = value as Record<string, unknown>;
  if (typeof at !== 'number' || at < 0) return false;
  return hasText(chunk, 'type') || (hasText(error, 'name') && hasText(error, 'message')) || complete === true;
}

function hasText(value: unknown, name: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Record<string, unknown>)[name] === 'string'
  );
}
