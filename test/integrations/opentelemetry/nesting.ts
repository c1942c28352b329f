import { concatMap, defer, type OperatorFunction } from 'rxjs';
import type { LanguageModel, StreamChunk } from '../../../src/index.ts';
import { type ChunkDraft, finish } from '../../../testing/index.ts';
import { syncModel } from '../../agents/runs.ts';
import { type Recorder } from './traces.ts';

/** Each chunk in a turn of its own, as from a network. */
export const inTurns = concatMap((chunk: StreamChunk) => Promise.resolve(chunk)) satisfies OperatorFunction<
  StreamChunk,
  StreamChunk
>;

/** A model whose calls make a span, as an instrumentation of HTTP would. */
export function httpModel(sdk: Recorder, answer: (call: number) => readonly ChunkDraft[]): LanguageModel {
  const model = syncModel((call) => [...answer(call), finish()]);
  return {
    ...model,
    stream: (request) =>
      defer(() => {
        ownSpan(sdk, 'POST');
        return model.stream(request).pipe(inTurns);
      }),
  };
}

/** What somebody's own code does. */
export function ownSpan(sdk: Recorder, name: string): void {
  sdk.tracerProvider.getTracer('own').startSpan(name).end();
}

/** How many values a histogram was told. */
export async function countsOf(sdk: Recorder, name: string): Promise<number> {
  const points = await sdk.histogram(name);
  return points.reduce((sum, { value: { count } }) => sum + count, 0);
}
