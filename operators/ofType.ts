import { filter, type OperatorFunction } from 'rxjs';
import { checkOneOf } from '../src/checkOptions.ts';
import type { ChunkOf, ChunkType, StreamChunk } from '../src/chunk.ts';

/**
 * Passes on the chunks of the given types, which TypeScript then knows them to be.
 *
 * What a `restart` voids has already been passed on: name `restart` too, or put a retry that holds upstream, where
 * that matters.
 *
 * ```text
 * source:  s-a-u-b-f|        s: start, a b: text-delta, u: usage, f: finish
 * result:  ----u---f|        ofType('usage', 'finish')
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model
 *   .stream('Tell me a joke')
 *   .pipe(ofType('finish'))
 *   .subscribe(({ reason, usage }) => console.log(reason, usage?.totalTokens));
 * ```
 *
 * @see {@link selectText} for the text alone, as strings.
 */
export function ofType<T extends ChunkType>(
  ...types: readonly T[]
): OperatorFunction<StreamChunk, ChunkOf<T>> {
  for (const type of types) checkOneOf('ofType', 'types', type, Object.keys(known));

  return filter((chunk): chunk is ChunkOf<T> => (types as readonly ChunkType[]).includes(chunk.type));
}

const known: Readonly<Record<ChunkType, true>> = {
  start: true,
  'text-delta': true,
  'refusal-delta': true,
  'thinking-delta': true,
  'thinking-signature': true,
  'tool-call-start': true,
  'tool-call-delta': true,
  'tool-call': true,
  'tool-call-invalid': true,
  'approval-request': true,
  'tool-progress': true,
  'tool-result': true,
  source: true,
  usage: true,
  restart: true,
  finish: true,
  message: true,
  'run-finish': true,
  error: true,
  raw: true,
};
