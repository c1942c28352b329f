import { mergeMap, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamChunk } from '../../src/chunk.ts';

const nothing: readonly StreamChunk[] = [];

/**
 * Delivers a call only once it has finished; what belongs to no open call passes at once.
 *
 * For one subscription only: {@link retryStream} makes one for each attempt.
 */
export function holdCalls(): MonoTypeOperatorFunction<StreamChunk> {
  let held: StreamChunk[] | undefined;

  return mergeMap((chunk: StreamChunk) => {
    if (chunk.type === 'start') held = [];
    if (!held) return [chunk];
    held.push(chunk);
    if (chunk.type !== 'finish') return nothing;
    const call = held;
    held = undefined;
    return call;
  });
}
