import { catchError, endWith, map, of } from 'rxjs';
import { selectText } from '../../../operators/selectText.ts';
import type { ErrorChunk, StreamChunk } from '../../../src/chunk.ts';
import { errorFromFacts, type RxllmError } from '../../../src/errors.ts';
import type { ChunkFormat } from '../../../web/format.ts';
import { decodeEvents, type ToChunks } from '../../../web/internal/decodeEvents.ts';
import { readLines } from '../../../web/internal/readLines.ts';
import { throwErrorChunks } from '../../../web/internal/throwErrorChunks.ts';

interface Line {
  readonly say?: string;
  readonly failed?: ErrorChunk['error'];
  readonly end?: true;
}

/**
 * The text of the answer as lines of JSON.
 *
 * Text that was written cannot be taken back: a `restart` that voids some ends the body with its error. Put
 * `retryStream({ afterOutput: 'hold' })` upstream.
 *
 * ```text
 * {"say":"Hi"}
 * {"end":true}
 * ```
 *
 * @example
 * ```ts
 * return toResponse(model.stream('Tell me a joke'), { format: spoken() });
 * ```
 */
export function spoken(): ChunkFormat {
  return {
    contentType: 'application/x-spoken',
    heartbeat: '\n',
    encode: (source) =>
      source.pipe(
        throwErrorChunks(),
        selectText(),
        map((say): Line => ({ say })),
        endWith<Line>({ end: true }),
        catchError((error: unknown) => of<Line>({ failed: (error as RxllmError).toJSON() })),
        map((line) => `${JSON.stringify(line)}\n`),
      ),
    decode: decodeEvents({ read: readLines, map: toChunks }),
  };
}

/** Reads the lines of one body; the text of all rounds is one call. */
function toChunks(): ToChunks {
  let isOpen = false;

  return function* ({ data }): Generator<StreamChunk | 'end'> {
    const { say, failed, end } = JSON.parse(data) as Line;
    if (failed) throw errorFromFacts(failed);
    if (say !== undefined) {
      if (!isOpen) yield { type: 'start', provider: 'spoken', model: 'spoken' };
      isOpen = true;
      yield { type: 'text-delta', text: say, block: 0 };
    }
    if (end && isOpen) yield { type: 'finish', reason: 'stop', metadata: {} };
    if (end) yield 'end';
  };
}
