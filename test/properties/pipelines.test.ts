import {
  array,
  type Arbitrary,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  oneof,
  property,
  record,
} from 'fast-check';
import {
  concat,
  concatAll,
  finalize,
  type MonoTypeOperatorFunction,
  NEVER,
  type Observable,
  VirtualTimeScheduler,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  bufferChunks,
  errorsToChunks,
  executeTools,
  interruptOn,
  joinDeltas,
  retryStream,
  shareRun,
  splitDeltas,
  splitThinking,
  verifyGrammar,
  withTimeout,
} from '../../operators/index.ts';
import { isRxllmError } from '../../src/errors.ts';
import type { StreamChunk } from '../../src/index.ts';
import { call } from './calls.ts';
import { holds } from './runs.ts';
import { reduced } from './scenario.ts';
import { type Failure, play, run } from './virtual.ts';

type Operator = (scheduler: VirtualTimeScheduler) => MonoTypeOperatorFunction<StreamChunk>;

/** An operator of a random pipeline, with the name that a counterexample shows. */
interface Stage {
  readonly name: string;
  readonly create: Operator;
}

const stage = (name: string, create: Operator): Stage => ({ name, create });

const buffering: Arbitrary<Stage> = record({
  count: integer({ min: 1, max: 5 }),
  time: nat(5),
  boundary: constantFrom('word' as const, 'sentence' as const, 'line' as const),
}).map((options) =>
  stage(
    `bufferChunks(${JSON.stringify(options)}), joinDeltas`,
    (scheduler) => (source) =>
      source.pipe(bufferChunks({ ...options, scheduler }), joinDeltas(), concatAll()),
  ),
);

const splitting: Arbitrary<Stage> = record({
  by: oneof(constantFrom('grapheme' as const, 'word' as const), integer({ min: 1, max: 4 })),
  interval: nat(3),
}).map((options) =>
  stage(`splitDeltas(${JSON.stringify(options)})`, (scheduler) => splitDeltas({ ...options, scheduler })),
);

/** Operators that leave the answer as it is. */
const neutral: Arbitrary<Stage> = oneof(
  buffering,
  splitting,
  constantFrom(
    stage('interruptOn', () => interruptOn(NEVER)),
    stage('withTimeout', (scheduler) => withTimeout({ each: 1e6, total: 1e9, scheduler })),
    stage('retryStream', (scheduler) => retryStream({ count: 0, scheduler })),
    stage('retryStream hold', (scheduler) => retryStream({ count: 0, afterOutput: 'hold', scheduler })),
    stage('shareRun', () => shareRun()),
    stage('executeTools', (scheduler) => executeTools([], { scheduler })),
    stage('verifyGrammar', () => verifyGrammar()),
  ),
);

const pipeline = record({
  before: array(neutral, { maxLength: 4 }),
  splits: boolean(),
  after: array(neutral, { maxLength: 4 }),
}).map(({ before, splits, after }) => ({
  splits,
  stages: oneAtMost([
    ...before,
    ...(splits ? [stage('splitThinking', () => splitThinking())] : []),
    ...after,
  ]),
}));

/** Results of tools are not asked for twice. */
function oneAtMost(stages: readonly Stage[]): readonly Stage[] {
  return stages.filter(
    ({ name }, index) => name !== 'executeTools' || stages.findIndex((one) => one.name === name) === index,
  );
}

const conversation = record({
  chunks: array(call, { maxLength: 3 }).map((calls) => calls.flat()),
  isPaced: boolean(),
});

const failing = record({
  chunks: array(call, { minLength: 1, maxLength: 2 }).chain((calls) =>
    nat(calls.flat().length).map((at) => calls.flat().slice(0, at)),
  ),
  isPaced: boolean(),
  failure: constant<Failure>('throws'),
});

function through(
  stream: Observable<StreamChunk>,
  stages: readonly Stage[],
  scheduler: VirtualTimeScheduler,
): Observable<StreamChunk> {
  return stages.reduce((piped, { create }) => piped.pipe(create(scheduler)), stream);
}

/** What a stream says, call by call, however it is cut: neighbouring deltas as one. */
function said(chunks: readonly StreamChunk[]): readonly StreamChunk[] {
  const told = chunks.filter(({ type }) => type !== 'tool-result');
  const scheduler = new VirtualTimeScheduler();
  const joined = run(
    play(told, scheduler).pipe(bufferChunks({ characters: 1e6 }), joinDeltas(), concatAll()),
    scheduler,
  );
  return joined.values.filter((chunk) => !('text' in chunk) || chunk.text !== '');
}

describe('any pipeline of operators', () => {
  it('keeps grammar, order and content, and completes once', () => {
    holds(
      property(conversation, pipeline, ({ chunks, isPaced }, { stages, splits }) => {
        const scheduler = new VirtualTimeScheduler();
        const result = run(
          through(play(chunks, scheduler, { isPaced }), stages, scheduler).pipe(verifyGrammar()),
          scheduler,
        );
        const alone = run(
          play(chunks, scheduler).pipe(
            ...(splits ? ([splitThinking()] as const) : ([splitNothing] as const)),
          ),
          scheduler,
        );

        expect(result).toMatchObject({ error: undefined, endings: 1 });
        expect(said(result.values)).toEqual(said(alone.values));
      }),
    );
  });

  it('delivers everything before an error, and then the error, once, with the partial that was seen', () => {
    holds(
      property(failing, pipeline, ({ chunks, isPaced, failure }, { stages }) => {
        const scheduler = new VirtualTimeScheduler();
        const source = play(chunks, scheduler, { isPaced, failure });
        const { values, error, endings } = run(through(source, stages, scheduler), scheduler);
        const content = run(play(values, scheduler).pipe(reduced), scheduler).values[0];

        expect(endings).toBe(1);
        expect(error).toMatchObject({ name: 'StreamInterruptedError', message: 'cut', provider: 'test' });
        // Of a call that is held the subscriber has seen nothing; the call before it may be told instead.
        const isHeld = stages.some(({ name }) => name.endsWith('hold')) && chunks.at(-1)?.type !== 'finish';
        if (isRxllmError(error))
          expect([content?.text, ...(isHeld ? [''] : [])]).toContain(error.partial.text);
      }),
    );
  });

  it('ends with the error as a chunk behind errorsToChunks', () => {
    holds(
      property(failing, pipeline, ({ chunks, isPaced, failure }, { stages }) => {
        const scheduler = new VirtualTimeScheduler();
        const source = play(chunks, scheduler, { isPaced, failure });
        const { values, error, endings } = run(
          through(source, stages, scheduler).pipe(errorsToChunks()),
          scheduler,
        );

        expect({ error, endings }).toEqual({ error: undefined, endings: 1 });
        expect(values.filter(({ type }) => type === 'error')).toEqual([values.at(-1)]);
      }),
    );
  });

  it('is silent once it is unsubscribed from, and leaves its source', () => {
    holds(
      property(conversation, pipeline, nat(60), ({ chunks }, { stages }, until) => {
        const scheduler = new VirtualTimeScheduler();
        let open = 0;
        const source = concat(play(chunks, scheduler, { isPaced: true }), NEVER).pipe(
          finalize(() => (open -= 1)),
        );
        open += 1;
        let heard = 0;
        const subscription = through(source, stages, scheduler).subscribe(() => (heard += 1));
        let atEnd = -1;
        scheduler.schedule(() => {
          subscription.unsubscribe();
          atEnd = heard;
        }, until);
        scheduler.flush();

        expect({ open, heard }).toEqual({ open: 0, heard: atEnd });
      }),
    );
  });

  it('says the same to a second subscriber', () => {
    holds(
      property(conversation, pipeline, ({ chunks, isPaced }, { stages }) => {
        const scheduler = new VirtualTimeScheduler();
        const stream = through(play(chunks, scheduler, { isPaced }), stages, scheduler);

        expect(said(run(stream, scheduler).values)).toEqual(said(run(stream, scheduler).values));
      }),
    );
  });
});

const splitNothing: MonoTypeOperatorFunction<StreamChunk> = (source) => source;
