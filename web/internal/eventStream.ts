import { createParser } from 'eventsource-parser';
import { oversized, type TextReader } from '../../providers/wire/lines.ts';
import type { BodyEvent } from './decodeEvents.ts';

/** What every body of Server-Sent Events has: its type, and a comment that readers pass over. */
export const eventStream = { contentType: 'text/event-stream', heartbeat: ':\n\n' } as const;

/** Most characters of one event, as for providers. */
export const longestEvent = 16_777_216;

/** Writes one event; `data` may have several lines. */
export function writeEvent({ data, event, id }: BodyEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`;
  const place = id === undefined ? '' : `id: ${id}\n`;
  return `${name}${place}data: ${data.replace(/\r\n?|\n/g, '\ndata: ')}\n\n`;
}

/** Reads Server-Sent Events: LF, CR and CRLF, comments, several `data` lines. An event without its blank line is none. */
export function readEventStream(onEvent: (event: BodyEvent) => void, maxLength: number): TextReader {
  const parser = createParser({
    maxBufferSize: maxLength,
    onEvent: (event) => {
      if (event.data.length > maxLength) throw oversized(maxLength);
      onEvent(event);
    },
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw oversized(maxLength);
    },
  });
  return { push: (text) => parser.feed(text), end: () => undefined };
}
