import { oversized, readJsonLines, type TextReader } from '../../providers/wire/lines.ts';
import type { BodyEvent } from './decodeEvents.ts';
import { longestEvent } from './eventStream.ts';

/** Reads lines, each as the data of an event; blank ones mean nothing. */
export function readLines(onEvent: (event: BodyEvent) => void, maxLength = longestEvent): TextReader {
  return readJsonLines(maxLength, (data) => {
    if (data.length > maxLength) throw oversized(maxLength);
    onEvent({ data });
  });
}
