import type { LanguageModel } from '../src/model.ts';
import { asOneModel } from './internal/asOneModel.ts';
import { contest } from './internal/contest.ts';

/**
 * Makes a model that asks all the given ones at once and answers with the first to answer.
 *
 * The first content wins, or a `finish` without any: a `start`, a `usage` or a `raw` event is no answer. In that
 * moment the others are aborted; nothing of theirs is seen. Where one fails the others go on, and a `restart` tells of
 * it. A model that lost is told as a `restart` where it is known to have used something, before the winner's `start`:
 * it voids nothing, and brings its usage into `billedUsage`. The `start` tells who answered; `provider` and `model` are
 * those of the first, the capabilities those that all have.
 *
 * ```text
 * slow:    s-----a-f|
 * fast:    -s-b---f|               s: start, a b: text, f: finish
 * result:  ---(sb)f|               raceModels(slow, fast), slow is unsubscribed from at b
 * ```
 *
 * Errors with what the winner errors with, and where none answers with the error of the last that fails. Unsubscribing
 * aborts all.
 *
 * @example
 * ```ts
 * const model = raceModels(openai('gpt-5-mini'), anthropic('claude-haiku-4-5'));
 * ```
 *
 * @see {@link hedge} to ask a second one only when the first is late.
 * @see {@link fallbackTo} to ask it only when the first fails.
 */
export function raceModels(...models: readonly LanguageModel[]): LanguageModel {
  return asOneModel('raceModels', models, (streams) => contest(streams));
}
