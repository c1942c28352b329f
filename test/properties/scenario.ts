import { array, type Arbitrary, boolean, constantFrom, nat, record } from 'fast-check';
import {
  concatAll,
  defer,
  last,
  map,
  type Observable,
  type OperatorFunction,
  reduce,
  type VirtualTimeScheduler,
} from 'rxjs';
import {
  accumulateResponse,
  accumulateText,
  bufferChunks,
  collectResponse,
  executeTools,
  joinDeltas,
  retryStream,
  type RetryStreamOptions,
  selectText,
  selectThinking,
  splitThinking,
  verifyGrammar,
  withTimeout,
} from '../../operators/index.ts';
import { addUsage, ResponseBuilder, type StreamChunk, type Usage } from '../../src/index.ts';
import { call } from './calls.ts';
import { type Failure, play, toolsIn } from './virtual.ts';

/** An attempt that breaks behind some of its chunks. */
export interface Broken {
  readonly chunks: readonly StreamChunk[];
  readonly failure: Failure;
}

/** Attempts that break, then one that does not, and what stands behind them in the pipeline. */
export interface Scenario {
  readonly broken: readonly Broken[];
  readonly final: readonly StreamChunk[];
  readonly isPaced: boolean;
  readonly splits: boolean;
  readonly tools: boolean;
}

/** Attempts of the given calls, broken anywhere before their finish. */
export function brokenAttempts(of: Arbitrary<readonly StreamChunk[]>): Arbitrary<Broken[]> {
  const broken = record({
    whole: of,
    at: nat(40),
    failure: constantFrom<Failure>('throws', 'tells', 'stalls'),
  });
  return array(
    broken.map(({ whole, at, failure }) => ({ chunks: whole.slice(0, at % whole.length), failure })),
    { maxLength: 4 },
  );
}

/** Any scenario. */
export const scenario: Arbitrary<Scenario> = record({
  broken: brokenAttempts(call),
  final: call,
  isPaced: boolean(),
  splits: boolean(),
  tools: boolean(),
});

/** The attempts of a scenario, one after the other. */
function nextAttempt(
  { broken, final, isPaced }: Pick<Scenario, 'broken' | 'final' | 'isPaced'>,
  scheduler: VirtualTimeScheduler,
): () => Observable<StreamChunk> {
  const turns = broken.values();
  return () => {
    const { value } = turns.next();
    return play(value?.chunks ?? final, scheduler, { isPaced, failure: value?.failure });
  };
}

/** The attempts as they come out of a pipeline that retries. */
export function retried(
  { splits, tools, ...rest }: Scenario,
  scheduler: VirtualTimeScheduler,
  options: RetryStreamOptions = {},
  next: () => Observable<StreamChunk> = nextAttempt(rest, scheduler),
): Observable<StreamChunk> {
  let stream = defer(next).pipe(
    withTimeout({ first: 100, each: 100, scheduler }),
    retryStream({ count: 9, delay: 4, random: () => 0.5, scheduler, ...options }),
    verifyGrammar(),
  );
  if (splits) stream = stream.pipe(splitThinking());
  if (tools) stream = stream.pipe(executeTools(toolsIn(scheduler), { scheduler }));
  return stream.pipe(verifyGrammar());
}

/** What a consumer holds at the end, by what it is made with. */
export const outputs: Readonly<
  Record<string, (scheduler: VirtualTimeScheduler) => OperatorFunction<StreamChunk, unknown>>
> = {
  accumulateText: () => (source) => source.pipe(accumulateText(), last(undefined, '')),
  'accumulateText of the call': () => (source) =>
    source.pipe(accumulateText({ scope: 'call' }), last(undefined, '')),
  accumulateResponse: () => (source) => source.pipe(accumulateResponse(), last()),
  collectResponse: (scheduler) => (source) =>
    source.pipe(
      collectResponse({ scheduler }),
      map(
        ({
          startTime: _,
          endTime: __,
          durationMs: ___,
          timeToFirstChunkMs: ____,
          chunkCount: _____,
          billedUsage: ______,
          ...content
        }) => content,
      ),
    ),
  ResponseBuilder: () => reduced,
  'bufferChunks and joinDeltas': (scheduler) => (source) =>
    source.pipe(
      bufferChunks({ count: 3, time: 5, boundary: 'word', scheduler }),
      joinDeltas(),
      concatAll(),
      reduced,
    ),
};

/** Outputs that cannot take back what they gave. */
export const lastingOutputs: Readonly<Record<string, () => OperatorFunction<StreamChunk, string>>> = {
  selectText: () => selectText(),
  selectThinking: () => selectThinking(),
};

/** Reduces a stream to the response it tells. */
export function reduced(source: Observable<StreamChunk>): Observable<ResponseBuilder['partial']> {
  return source.pipe(
    reduce((response, chunk) => {
      response.add(chunk);
      return response;
    }, new ResponseBuilder()),
    map(({ partial }) => partial),
  );
}

/** The last usage that chunks tell. */
export function usageOf(chunks: readonly StreamChunk[]): Usage | undefined {
  return chunks.findLast((chunk) => chunk.type === 'usage')?.usage;
}

/** What all attempts of a scenario are billed. */
export function billedBy({ broken, final }: Pick<Scenario, 'broken' | 'final'>): Usage | undefined {
  const voided = broken
    .map(({ chunks }) => usageOf(chunks))
    .map((usage) => usage && { ...usage, partial: true })
    .reduce<Usage | undefined>(addUsage, undefined);
  return addUsage(voided, usageOf(final));
}
