/** A million chunks through five operators, against the same work in those of RxJS. */
import {
  bufferCount,
  concatAll,
  filter,
  from,
  lastValueFrom,
  NEVER,
  type Observable,
  retry,
  scan,
  takeUntil,
  timeout,
} from 'rxjs';
import type { StreamChunk } from 'rxllm';
import { accumulateText, bufferChunks, interruptOn, retryStream, withTimeout } from 'rxllm/operators';

export const chunkCount = 1_000_000;

const chunks: readonly StreamChunk[] = [
  { type: 'start', provider: 'bench', model: 'bench-1' },
  ...Array.from({ length: chunkCount }, (_, index): StreamChunk => ({
    type: 'text-delta',
    text: ` w${index % 100}`,
    block: 0,
  })),
  { type: 'finish', reason: 'stop', metadata: {} },
];

const ours = (source: Observable<StreamChunk>): Observable<string> =>
  source.pipe(
    interruptOn(NEVER),
    withTimeout({ each: 60_000 }),
    retryStream({ count: 3 }),
    bufferChunks({ count: 16 }),
    concatAll(),
    accumulateText(),
  );

const bare = (source: Observable<StreamChunk>): Observable<string> =>
  source.pipe(
    takeUntil(NEVER),
    timeout({ each: 60_000 }),
    retry({ count: 3 }),
    bufferCount(16),
    concatAll(),
    filter((chunk) => chunk.type === 'text-delta'),
    scan((text, chunk) => text + chunk.text, ''),
  );

/** Milliseconds of each, round by round. */
export interface Turns {
  readonly ours: readonly number[];
  readonly other: readonly number[];
}

export async function compareOperators(rounds: number): Promise<Turns> {
  const time = async (pipeline: typeof ours): Promise<number> => {
    const start = performance.now();
    const { length } = await lastValueFrom(pipeline(from(chunks)));
    if (length < chunkCount) throw new Error('text was lost');
    return performance.now() - start;
  };
  const turns = { ours: [] as number[], other: [] as number[] };
  for (let round = -2; round < rounds; round += 1) {
    const [one, other] =
      round % 2 === 0 ? [await time(ours), await time(bare)] : [await time(bare), await time(ours)].reverse();
    if (round < 0) continue;
    turns.ours.push(one as number);
    turns.other.push(other as number);
  }
  return turns;
}
