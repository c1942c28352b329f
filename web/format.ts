import type { OperatorFunction } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';

/**
 * How chunks are written into the body of an HTTP response, and read out of one.
 *
 * A format is a plain object, made by a function of its own ({@link sse}, {@link ndjson}, …), so that a program holds
 * only those that it names. Both operators keep their state per subscription; one subscription is one body.
 *
 * **`encode`** makes text of chunks, piece by piece; pieces are joined as they are. Four rules:
 *
 * 1. What is emitted for a chunk is emitted when the chunk comes. Time, backpressure, headers and the silence of a slow
 *    model are the business of {@link toResponse} and {@link pipeToNode}.
 * 2. The end of the source is written so that a reader tells it from a connection that was cut, by an end marker.
 * 3. An error of the source is written as the last event, and the text then completes. It is always an `RxllmError`:
 *    what else goes wrong on a server has been replaced by one that tells nothing. A format that has no words for an
 *    error errors instead; the connection is then cut, so that the reader sees a failure as well. An `error` chunk is
 *    such an error, too.
 * 4. A `restart` is written, so that the reader takes back what it voids. A format that cannot say so fails with
 *    `RestartAfterOutputError`, and writes that as rule 3 says.
 *
 * Under a slow reader the chunks come in larger pieces: neighbouring deltas of a block have become one, and what a
 * `restart` voids while it waits has gone.
 *
 * **`decode`** is the inverse. It takes text however the network cut it, and completes at the end marker; text that ends
 * without one is a `StreamInterruptedError`, an error that was written comes back as the same class, and what cannot
 * be read is a `ProviderError` with code `malformed-event`. A format that tells too little to be read back has none.
 *
 * @example
 * ```ts
 * const lines: ChunkFormat = {
 *   contentType: 'text/plain; charset=utf-8',
 *   encode: (source) => source.pipe(selectText(), map((text) => text.toUpperCase())),
 * };
 * ```
 */
export interface ChunkFormat {
  /** The value of `content-type`. */
  readonly contentType: string;
  /** Further headers that readers of the format expect, in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text that means nothing to a reader and shows that the connection lives; may stand between any two pieces. */
  readonly heartbeat?: string;
  readonly encode: OperatorFunction<StreamChunk, string>;
  readonly decode?: OperatorFunction<string, StreamChunk>;
}

/**
 * A chunk of a run that is recorded by {@link replayLog}, with its place in the log.
 *
 * On the wire of {@link sse} the id is that of the event, so that a reader who comes again tells where it was.
 */
export type LoggedChunk = StreamChunk & { readonly eventId?: string };
