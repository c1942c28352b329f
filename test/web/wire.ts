import { from, lastValueFrom, materialize, type ObservableInput, toArray } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';
import type { ChunkFormat } from '../../web/index.ts';

/** What a stream did. */
export interface Outcome<T> {
  readonly seen: readonly T[];
  /** What it failed with, if it did. */
  readonly error: unknown;
}

/** Runs a stream to its end. */
export async function outcomeOf<T>(source: ObservableInput<T>): Promise<Outcome<T>> {
  const all = await lastValueFrom(from(source).pipe(materialize(), toArray()));
  const last = all.at(-1);
  return {
    seen: all.flatMap((one) => (one.kind === 'N' ? [one.value] : [])),
    error: last?.kind === 'E' ? last.error : undefined,
  };
}

/** The text that a format makes of a stream. */
export async function encode(format: ChunkFormat, source: ObservableInput<StreamChunk>): Promise<string> {
  const pieces = await lastValueFrom(from(source).pipe(format.encode, toArray()));
  return pieces.join('');
}

/** What a format reads out of pieces of text. */
export function decode(format: ChunkFormat, pieces: ObservableInput<string>): Promise<Outcome<StreamChunk>> {
  if (!format.decode) throw new Error(`${format.contentType} cannot be read`);
  return outcomeOf(from(pieces).pipe(format.decode));
}
