import type { OperatorFunction } from 'rxjs';
import type { StreamChunk } from '../src/chunk.ts';
import { selectDeltas } from './internal/selectDeltas.ts';

/** Options of {@link selectThinking}. */
export interface SelectThinkingOptions {
  /**
   * What to do at a `restart` that voids thinking already delivered: fail, or deliver that of the next attempt behind
   * it.
   *
   * @defaultValue 'fail'
   */
  readonly onRestart?: 'fail' | 'repeat';
}

/**
 * Emits the model's thinking, piece by piece, as strings.
 *
 * A blank line goes before the first piece of each further block, as in the `thinking` of a response. As with
 * {@link selectText}, a `restart` that voids thinking of the open call fails, since a string cannot be taken back.
 *
 * ```text
 * source:  s-t-v-A-f|            s: start, t v: thinking, A: text, f: finish
 * result:  --t-v----|            selectThinking()
 *
 * source:  s-t-r-s-t-v-f|        r: restart
 * result:  --t-#                 selectThinking()
 * ```
 *
 * Errors with what the source errors with, and with {@link RestartAfterOutputError}, whose `cause` is the error that
 * made the retry necessary. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream(question).pipe(splitThinking(), selectThinking()).subscribe((text) => console.debug(text));
 * ```
 *
 * @see {@link splitThinking} for models that write their thinking between tags.
 */
export function selectThinking({ onRestart }: SelectThinkingOptions = {}): OperatorFunction<
  StreamChunk,
  string
> {
  return selectDeltas({ owner: 'selectThinking', type: 'thinking-delta', separator: '\n\n' }, onRestart);
}
