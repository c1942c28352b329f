import {
  catchError,
  concat,
  defer,
  from,
  ignoreElements,
  type MonoTypeOperatorFunction,
  Observable,
  takeWhile,
  tap,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { StreamChunk } from '../src/chunk.ts';
import { GuardError, isRxllmError } from '../src/errors.ts';
import { OpenCall } from './internal/openCall.ts';
import { ChunkRedactor } from './internal/chunkRedactor.ts';
import { createRedaction } from './internal/redactor.ts';

/** Options of {@link redact}. */
export interface RedactOptions {
  /** What stands in the place of a match. @defaultValue '[redacted]' */
  readonly with?: string;
  /**
   * The longest match in UTF-16 code units, what assertions look at included: so much is held back at most. A match
   * that would be longer is looked for in its first so many units only.
   *
   * @defaultValue the longest of the strings, 1024 for a RegExp
   */
  readonly longest?: number;
  /** Whether a match is replaced, or ends the stream: by `finish` with reason `content-filter`, or by an error. @defaultValue 'replace' */
  readonly onMatch?: 'replace' | 'finish' | 'error';
  /** Whether an error tells what had arrived, redacted; `false` keeps nothing. @defaultValue true */
  readonly partial?: boolean;
}

/**
 * Replaces what must not be seen in text, thinking and refusal, as they stream.
 *
 * The result is that of `replaceAll` on the whole text of each block, however it was cut. Only what may still become a
 * match is held back, never more than `longest`. Of a secret that is cut off before it matches, its beginning is
 * delivered: let the pattern match short ones too. Flags count, except `g` and `y`; back references and the flag `v`
 * are refused.
 *
 * The time grows as the text does, whatever the text. Where every character may begin a match that does not come, it
 * costs up to four times `longest` steps for each: seconds for a megabyte with the default. A pattern that itself takes
 * the square of the time, or worse, like `(a+)+b`, does so within `longest`.
 *
 * The arguments of tools, their results and sources pass as they are: a tool needs the real address to write to. `raw`
 * chunks are dropped, since they hold everything. What a provider has signed no longer fits its signature where
 * thinking was redacted. In a model, by `pipeModel`, the history of an agent is redacted too; behind the agent, only
 * what is shown of it, its `message` chunks included.
 *
 * ```text
 * source:  s-a-b-c-f|        s: start, f: finish, a: 'Key ', b: 'sk-1', c: '234, ok'
 * result:  s-a---d-f|        redact(/sk-\d+/), d: '[redacted], ok'
 * ```
 *
 * What is held is flushed before completion and before an error, and dropped at a `restart`. Errors with what the
 * source errors with: the same class, message and `partial` redacted, without the `cause`, which tells what was
 * redacted; an error that is not of this library passes as it is. With `onMatch: 'error'` with {@link GuardError}, code
 * `pattern`. Unsubscribing drops what is held.
 *
 * @example
 * ```ts
 * const emails = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/;
 * model.stream(prompt).pipe(redact(emails, { with: '<email>' }), redact([apiKey, password]), selectText());
 * ```
 *
 * @see {@link limitOutput} to end an answer by its length.
 */
export function redact(
  pattern: string | RegExp | readonly string[],
  options: RedactOptions = {},
): MonoTypeOperatorFunction<StreamChunk> {
  const { with: replacement = '[redacted]', onMatch = 'replace', partial = true } = options;
  checkNumber('redact', 'longest', options.longest, { min: 1, integer: true });
  checkOneOf('redact', 'onMatch', onMatch, ['replace', 'finish', 'error']);
  const strings = pattern instanceof RegExp ? undefined : toStrings(pattern);
  const { longest = strings ? Math.max(...strings.map(({ length }) => length)) : 1024 } = options;
  const redaction = createRedaction(strings ? oneOf(strings) : (pattern as RegExp), longest, replacement);

  // A chunk becomes none, one or two, as in splitThinking.
  return (source) =>
    new Observable((subscriber) => {
      const call = new OpenCall(partial ? 'all' : 'ends');
      const seen = partial ? () => call.partial : undefined;
      const redactor = new ChunkRedactor(redaction, onMatch === 'replace', seen, (chunk) => {
        call.take(chunk);
        subscriber.next(chunk);
      });
      const flush = () => redactor.flush();

      const end = () => {
        if (redactor.hasEnded && onMatch === 'error') {
          throw new GuardError('The answer contains what it must not', {
            ...call.details,
            partial: seen,
            code: 'pattern',
          });
        }
        return from(redactor.hasEnded ? call.finish('content-filter') : []);
      };

      return concat(
        source.pipe(
          tap({ error: flush, complete: flush }),
          takeWhile((chunk) => redactor.take(chunk)),
          catchError((error: unknown) => {
            throw isRxllmError(error) ? redactor.clean(error) : error;
          }),
          ignoreElements(),
        ),
        defer(end),
      ).subscribe(subscriber);
    });
}

function toStrings(pattern: string | readonly string[]): readonly string[] {
  const strings = typeof pattern === 'string' ? [pattern] : pattern;
  const isUsable = (string: unknown) => typeof string === 'string' && string !== '';
  if (Array.isArray(pattern) ? pattern.length > 0 && pattern.every(isUsable) : isUsable(pattern))
    return strings;
  throw new TypeError('redact: pattern must be a RegExp, a string or strings, none of them empty');
}

/** Of strings that begin alike the longest is found. */
function oneOf(strings: readonly string[]): RegExp {
  const longestFirst = [...strings].sort((one, other) => other.length - one.length);
  return new RegExp(longestFirst.map((string) => string.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('|'));
}
