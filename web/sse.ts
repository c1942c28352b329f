import { map } from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';
import type { ChunkType } from '../src/chunk.ts';
import type { ChunkFormat } from './format.ts';
import { decodeEvents } from './internal/decodeEvents.ts';
import { eventStream, longestEvent, readEventStream, writeEvent } from './internal/eventStream.ts';
import { readWritten, type WrittenChunk, withEnd } from './internal/jsonEvents.ts';

/** Options of {@link sse}. */
export interface SseOptions {
  /**
   * Names of events where they are not to be the type of their chunk; `message` is what `EventSource.onmessage` gets.
   *
   * @defaultValue the type, of an error `stream-error`
   */
  readonly map?: Readonly<Partial<Record<ChunkType | 'end', string>>>;
  /** Most characters that one event may have when it is read. @defaultValue 16777216 */
  readonly maxEventLength?: number;
}

/**
 * Chunks as Server-Sent Events: one event a chunk, named by its type, with the chunk as JSON.
 *
 * The last event is `end`, or `stream-error` after a failure: `error` is what an `EventSource` calls its own trouble
 * with the connection. A native `EventSource` connects again when a response ends, so it has to be closed at either.
 * Chunks of a {@link replayLog} have an id.
 *
 * ```text
 * event: text-delta
 * data: {"type":"text-delta","text":"Hi","block":0}
 *
 * event: end
 * data: {"type":"end"}
 * ```
 *
 * @example
 * ```ts
 * const events = new EventSource('/chat');
 * events.addEventListener('text-delta', ({ data }) => show(JSON.parse(data).text));
 * events.addEventListener('stream-error', ({ data }) => (events.close(), fail(JSON.parse(data).error)));
 * events.addEventListener('end', () => events.close());
 * ```
 *
 * @see {@link fromServerSentEvents} to read them as chunks.
 */
export function sse({ map: names, maxEventLength = longestEvent }: SseOptions = {}): ChunkFormat {
  checkNumber('sse', 'maxEventLength', maxEventLength, { min: 1 });
  for (const name of Object.values(names ?? {})) {
    if (/[\r\n]/.test(name))
      throw new TypeError(`sse: a name in map must be one line, not ${JSON.stringify(name)}`);
  }
  const nameOf = (type: WrittenChunk['type']) => names?.[type] ?? (type === 'error' ? 'stream-error' : type);

  return {
    ...eventStream,
    encode: (source) =>
      source.pipe(
        withEnd(),
        map((chunk) => {
          const event = nameOf(chunk.type);
          if (!('eventId' in chunk)) return writeEvent({ event, data: JSON.stringify(chunk) });
          const { eventId: id, ...data } = chunk;
          return writeEvent({ event, id, data: JSON.stringify(data) });
        }),
      ),
    decode: decodeEvents({
      read: (onEvent) => readEventStream(onEvent, maxEventLength),
      map: () => readWritten,
    }),
  };
}
