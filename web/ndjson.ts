import { map } from 'rxjs';
import { checkNumber } from '../src/checkOptions.ts';
import type { ChunkFormat } from './format.ts';
import { decodeEvents } from './internal/decodeEvents.ts';
import { longestEvent } from './internal/eventStream.ts';
import { readWritten, withEnd } from './internal/jsonEvents.ts';
import { readLines } from './internal/readLines.ts';

/** Options of {@link ndjson}. */
export interface NdjsonOptions {
  /** Most characters that one line may have when it is read. @defaultValue 16777216 */
  readonly maxEventLength?: number;
}

/**
 * Chunks as lines of JSON, one each.
 *
 * The last line is `{"type":"end"}`, or the `error` chunk after a failure. Blank lines mean nothing.
 *
 * ```text
 * {"type":"text-delta","text":"Hi","block":0}
 * {"type":"end"}
 * ```
 *
 * @example
 * ```ts
 * return toResponse(model.stream(question), { format: ndjson() });
 * ```
 */
export function ndjson({ maxEventLength = longestEvent }: NdjsonOptions = {}): ChunkFormat {
  checkNumber('ndjson', 'maxEventLength', maxEventLength, { min: 1 });

  return {
    contentType: 'application/x-ndjson',
    heartbeat: '\n',
    encode: (source) =>
      source.pipe(
        withEnd(),
        map((chunk) => `${JSON.stringify(chunk)}\n`),
      ),
    decode: decodeEvents({
      read: (onEvent) => readLines(onEvent, maxEventLength),
      map: () => readWritten,
    }),
  };
}
