import { catchError, concat, defer, EMPTY, map, type Observable, of } from 'rxjs';
import { holdCalls } from '../operators/internal/holdCalls.ts';
import { checkOneOf } from '../src/checkOptions.ts';
import type { RestartChunk, StreamChunk } from '../src/chunk.ts';
import { emptyPartial, isRxllmError } from '../src/errors.ts';
import type { LanguageModel } from '../src/model.ts';
import { asOneModel } from './internal/asOneModel.ts';
import { Attempt, restartFor } from './internal/attempt.ts';

/** Options of {@link fallbackTo}. */
export interface FallbackToOptions {
  /**
   * What to do when the reader has already seen some of the answer.
   *
   * - `restart`: void it with a `restart` chunk; accumulators drop it.
   * - `hold`: deliver nothing of a call before it has finished, so that nothing need be voided.
   * - `fail`: do not ask another model.
   *
   * @defaultValue 'restart'
   */
  readonly afterOutput?: 'restart' | 'hold' | 'fail';
  /** Whether another model may do better. @defaultValue after every error but `StreamAbortedError` */
  readonly fallbackIf?: (error: unknown) => boolean;
  /** Called at each failure that makes the next model be asked, whatever `afterOutput` delivers of it. */
  readonly onFallback?: (restart: RestartChunk) => void;
}

/** The models in the order in which they are asked, then the options. */
export type FallbackToArguments =
  | readonly [LanguageModel, ...LanguageModel[]]
  | readonly [LanguageModel, ...LanguageModel[], FallbackToOptions];

/**
 * Makes a model that asks the next of the given ones when one fails.
 *
 * Every error may be that of one provider alone: its key, its limits, its idea of a valid request, the length of its
 * context, what its model can look at. So all of them fall back, except being stopped from this side. A request that
 * no provider can send fails at each of them without being sent. A `restart` tells of each failure and voids what has
 * been delivered of the call, `attempt` is the number of the model. After `hold` there is nothing to void, and it comes
 * only where the model is known to have used something, for `billedUsage`. A model of which a tool ran here, or a call
 * has finished, is not replaced.
 *
 * The `start` tells who answers; `provider` and `model` are those of the first, the capabilities those that all have.
 *
 * ```text
 * primary:    s-a-#
 * secondary:      s----b-f|        s: start, a b: text, f: finish
 * result:     s-a-(rs)-b-f|        fallbackTo(primary, secondary), r: restart
 * ```
 *
 * Errors with the error of the last model that was asked; under `hold` with an empty partial. Unsubscribing aborts.
 *
 * @example
 * ```ts
 * const resilient = withTimeout({ first: 10_000, each: 10_000 });
 * const model = fallbackTo(
 *   pipeModel(openai('gpt-5'), resilient, retryStream({ count: 1 })),
 *   pipeModel(anthropic('claude-sonnet-4-5'), resilient),
 * );
 * ```
 *
 * @see {@link retryStream} to ask the same model again.
 * @see {@link raceModels} to ask all at once.
 */
export function fallbackTo(...modelsAndOptions: FallbackToArguments): LanguageModel {
  const last = modelsAndOptions.at(-1);
  const options = isOptions(last) ? last : {};
  const models = (isOptions(last) ? modelsAndOptions.slice(0, -1) : modelsAndOptions) as LanguageModel[];
  const { afterOutput = 'restart', fallbackIf = isOfOneModel, onFallback } = options;
  checkOneOf('fallbackTo', 'afterOutput', afterOutput, ['restart', 'hold', 'fail']);
  const isHeld = afterOutput === 'hold';

  return asOneModel('fallbackTo', models, (streams) => {
    const ask = (index: number): Observable<StreamChunk> =>
      defer(() => {
        const attempt = new Attempt();
        const stream = (streams[index] ?? EMPTY).pipe(map((chunk) => attempt.take(chunk)));

        return (isHeld ? stream.pipe(holdCalls()) : stream).pipe(
          catchError((error: unknown) => {
            const isOver =
              index + 1 === streams.length ||
              attempt.hasFinished ||
              attempt.ranTool ||
              (afterOutput === 'fail' && attempt.hasContent) ||
              !fallbackIf(error);
            if (isOver) {
              const saw = isHeld && !attempt.hasFinished && isRxllmError(error);
              throw saw ? error.withPartial(() => emptyPartial) : error;
            }
            const restart = restartFor(error, attempt.usage(isHeld), index + 2, streams.length);
            onFallback?.(restart);
            return concat(isHeld && !restart.usage ? EMPTY : of(restart), ask(index + 1));
          }),
        );
      });

    return ask(0);
  });
}

function isOptions(value: LanguageModel | FallbackToOptions | undefined): value is FallbackToOptions {
  return typeof value === 'object' && !('stream' in value);
}

function isOfOneModel(error: unknown): boolean {
  return !(isRxllmError(error) && error.name === 'StreamAbortedError');
}
