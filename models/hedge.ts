import { asyncScheduler, filter, merge, mergeMap, type SchedulerLike, take, timer } from 'rxjs';
import { longestDelay } from '../operators/internal/deadline.ts';
import { checkNumber } from '../src/checkOptions.ts';
import type { LanguageModel } from '../src/model.ts';
import { asOneModel } from './internal/asOneModel.ts';
import { contest } from './internal/contest.ts';

/** Options of {@link hedge}. */
export interface HedgeOptions {
  /** Milliseconds without an answer after which the second request is made; 95 of 100 answers should be faster. */
  readonly after: number;
  /** The model that gets the second request. @defaultValue the same */
  readonly with?: LanguageModel;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Makes a model that asks a second time when the first answer is late, and answers with the first of the two.
 *
 * Late is the first content, or a `finish` without any: a `start`, a `usage` or a `raw` event is no answer. The moment
 * one answers the other is aborted; nothing of it is seen. A first request that fails brings the second one forward,
 * and a `restart` tells of it. What the loser is known to have used is told by a `restart` before the winner's `start`:
 * it voids nothing, and brings its usage into `billedUsage`. The `start` tells who answered; `provider` and `model` are
 * those of the first, the capabilities those that both have.
 *
 * ```text
 * model:   s-------a-f|
 * other:       -s-b---f|          s: start, a b: text, f: finish
 * result:  -------(sb)f|          hedge(model, { after: 4, with: other }), model is unsubscribed from at b
 * ```
 *
 * Errors with what the one that answers errors with, and where none answers with the error of the last that fails.
 * Unsubscribing aborts both.
 *
 * @example
 * ```ts
 * const model = hedge(openai('gpt-5-mini'), { after: 3_000, with: modelFrom('azure/gpt-5-mini') });
 * ```
 *
 * @see {@link raceModels} to ask all at once.
 */
export function hedge(model: LanguageModel, options: HedgeOptions): LanguageModel {
  const { after, with: other = model, scheduler = asyncScheduler } = options;
  checkNumber('hedge', 'after', after);
  if ((after as number | undefined) === undefined) throw new TypeError('hedge: after must be given');

  return asOneModel('hedge', [model, other], (streams) =>
    contest(streams, (stream, index, state) => {
      if (index === 0) return stream;
      const firstHasFailed = state.pipe(filter(({ out }) => out > 0));
      return merge(timer(Math.min(after, longestDelay), scheduler), firstHasFailed).pipe(
        take(1),
        mergeMap(() => stream),
      );
    }),
  );
}
