import type { ErrorChunk, StreamChunk } from '../src/chunk.ts';
import { errorFromFacts, GrammarError } from '../src/errors.ts';
import type { TestMessage } from './chunkMessages.ts';

/** What a line of a chunk log tells beside its time. */
export type LoggedEvent =
  { readonly chunk: StreamChunk } | { readonly error: ErrorChunk['error'] } | { readonly complete: true };

/** One line of a chunk log; `at` is milliseconds since the subscription. */
export type LogLine = LoggedEvent & { readonly at: number };

/** A chunk log: its lines, or all of it as one string. */
export type ChunkLog = string | Iterable<string>;

/** What a chunk log tells, as notifications at their milliseconds. The last one is a chunk where the reader had left. */
export function readMessages(owner: string, log: ChunkLog): TestMessage[] {
  const messages: TestMessage[] = [];
  let frame = 0;
  for (const [index, text] of (typeof log === 'string' ? log.split('\n') : [...log]).entries()) {
    if (text.trim() === '') continue;
    const line = readLogLine(owner, text, index + 1);
    const last = messages.at(-1)?.notification.kind ?? 'N';
    if (last !== 'N') throw endedBefore(owner, index + 1);
    // A clock that was set back does not turn the stream round.
    frame = Math.max(frame, line.at);
    messages.push({ frame, notification: toNotification(line) });
  }
  return messages;
}

function toNotification(line: LogLine): TestMessage['notification'] {
  if ('chunk' in line) return { kind: 'N', value: line.chunk };
  return 'error' in line ? { kind: 'E', error: errorFromFacts(line.error) } : { kind: 'C' };
}

/** A log is written by one stream. */
export function endedBefore(owner: string, number: number): GrammarError {
  return new GrammarError(`${owner}: line ${number} follows the end; a log holds one stream`);
}

/**
 * Reads one line of a chunk log.
 *
 * @throws {GrammarError} naming the line, where it is not of that form
 */
export function readLogLine(owner: string, text: string, number: number): LogLine {
  const line = parse(text);
  if (isLogLine(line)) return line;
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new GrammarError(`${owner}: line ${number} is not of a chunk log: ${shown}`);
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
