import { endWith, type OperatorFunction } from 'rxjs';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import type { StreamChunk } from '../../src/chunk.ts';
import { errorFromFacts } from '../../src/errors.ts';
import type { LoggedChunk } from '../format.ts';
import type { ToChunks } from './decodeEvents.ts';
import { throwErrorChunks } from './throwErrorChunks.ts';

/** What stands behind the last chunk, unless that is an error: only completion ends a run, and a cut is none. */
interface EndMarker {
  readonly type: 'end';
}

/** What our own formats write: every chunk as JSON, an error as the last one, else the end marker. */
export type WrittenChunk = LoggedChunk | EndMarker;

/** Adds the end to the chunks: an error becomes one, completion a marker. */
export function withEnd(): OperatorFunction<StreamChunk, WrittenChunk> {
  return (source) =>
    source.pipe(
      throwErrorChunks(),
      endWith<StreamChunk>({ type: 'end' } as unknown as StreamChunk),
      errorsToChunks(),
    );
}

/** The chunk that was written, with its place in a log; none for the end marker. Throws the error that was written. */
export function readChunk(written: WrittenChunk, eventId: string | undefined): LoggedChunk | undefined {
  if (written.type === 'end') return undefined;
  if (written.type === 'error') throw errorFromFacts(written.error);
  return eventId === undefined ? written : { ...written, eventId };
}

/** Reads what {@link withEnd} was written from. */
export const readWritten: ToChunks = ({ data, id }) => {
  const chunk = JSON.parse(data) as WrittenChunk | null;
  if (typeof chunk?.type !== 'string') throw new TypeError(`it should be a chunk, not ${data.slice(0, 500)}`);
  return [readChunk(chunk, id) ?? 'end'];
};
