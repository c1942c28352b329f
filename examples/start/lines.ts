import type { StreamChunk } from 'rxllm';
import { toPrintable } from './printable.ts';

/** What a log is told of a chunk, where there is no terminal to draw on; most chunks are not worth a line. */
export function describeChunk(chunk: StreamChunk): string | undefined {
  switch (chunk.type) {
    case 'tool-call':
      return `calls ${chunk.toolName} ${show(chunk.arguments)}`;
    case 'tool-result':
      return `${chunk.toolName} ${chunk.isError ? 'failed' : 'answered'}: ${show(chunk.result)}`;
    case 'restart':
      return `${show(chunk.error.message)}; attempt ${chunk.attempt} of ${chunk.maxAttempts}`;
    default:
      return undefined;
  }
}

/** A foreign value on one line: text as it is, anything else as JSON. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) as string | undefined);
  return toPrintable(text ?? '')
    .replace(/\s+/g, ' ')
    .trim();
}
