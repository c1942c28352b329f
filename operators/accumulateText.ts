import { defer, filter, map, type OperatorFunction } from 'rxjs';
import { checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';

/** Options of {@link accumulateText}. */
export interface AccumulateTextOptions {
  /** The text of the current model call, or of all calls of the run, one behind the other. @defaultValue 'run' */
  readonly scope?: 'call' | 'run';
}

/**
 * Emits the text so far, each time it changes.
 *
 * A `restart` takes back what the voided call had said: the text gets shorter, and is emitted, before it grows again.
 *
 * ```text
 * source:  s-a-b-r-s-c-f|        s: start, a b c: text, r: restart, f: finish
 * result:  --1-2-3---4--|        accumulateText(), 1: 'a', 2: 'ab', 3: '', 4: 'c'
 * ```
 *
 * Errors with what the source errors with. Unsubscribing unsubscribes from the source.
 *
 * @example
 * ```ts
 * model.stream('Tell me a joke').pipe(accumulateText()).subscribe((text) => (element.textContent = text));
 * ```
 *
 * @see {@link selectText} for the pieces instead of the whole.
 */
export function accumulateText(options: AccumulateTextOptions = {}): OperatorFunction<StreamChunk, string> {
  const { scope = 'run' } = options;
  checkOneOf('accumulateText', 'scope', scope, ['call', 'run']);

  return (source) =>
    defer(() => {
      let before = '';
      let text = '';

      const changes = (chunk: StreamChunk): boolean => {
        switch (chunk.type) {
          case 'text-delta':
            text += chunk.text;
            return true;
          case 'start':
            if (scope === 'call') before = '';
            text = '';
            return false;
          case 'finish':
            before += text;
            text = '';
            return false;
          case 'restart': {
            const voided = text !== '';
            text = '';
            return voided;
          }
          default:
            return false;
        }
      };

      return source.pipe(
        filter(changes),
        map(() => before + text),
      );
    });
}
