import type { OperatorFunction } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { selectDeltas } from './internal/selectDeltas.ts';

/** Options of {@link selectText}. */
export interface SelectTextOptions {
  /**
   * What to do at a `restart` that voids text already delivered: fail, or deliver the next attempt's text behind it.
   *
   * @defaultValue 'fail'
   */
  readonly onRestart?: 'fail' | 'repeat';
}

/**
 * Emits the text of the answer, piece by piece, as strings.
 *
 * A string cannot be taken back. So a `restart` that voids text of the open call fails, and nobody reads "Hello
 * worHello world": put `retryStream({ afterOutput: 'hold' })` upstream, or accumulate the text instead. A restart
 * before the first text is harmless, and finished calls stand.
 *
 * ```text
 * source:  s-a-t-b-f|            s: start, a b: text, t: thinking, f: finish
 * result:  --a---b--|            selectText()
 *
 * source:  s-a-r-s-a-b-f|        r: restart
 * result:  --a-#                 selectText()
 * result:  --a-----a-b--|        selectText({ onRestart: 'repeat' })
 * ```
 *
 * Errors with what the source errors with, and with {@link RestartAfterOutputError}, whose `cause` is the error that
 * made the retry necessary. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream('Tell me a joke').pipe(selectText()).subscribe((text) => process.stdout.write(text));
 * ```
 *
 * @see {@link accumulateText} for the text so far, which can be taken back.
 */
export function selectText({ onRestart }: SelectTextOptions = {}): OperatorFunction<StreamChunk, string> {
  return selectDeltas({ owner: 'selectText', type: 'text-delta', separator: '' }, onRestart);
}
