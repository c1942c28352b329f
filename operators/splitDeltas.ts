import {
  asyncScheduler,
  concatMap,
  defer,
  dematerialize,
  map,
  materialize,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
  timer,
} from 'rxjs';
import { checkNumber, checkOneOf } from '../src/checkOptions.ts';
import type { ChunkOf, StreamChunk } from '../src/chunk.ts';

/** Options of {@link splitDeltas}. */
export interface SplitDeltasOptions {
  /**
   * Where to cut: `grapheme` between what readers take for characters, `word` behind the space that follows a word, or
   * a number of UTF-16 code units, one more where a surrogate pair would be torn.
   *
   * @defaultValue 'word'
   */
  readonly by?: 'grapheme' | 'word' | number;
  /** Least milliseconds between two pieces; 0 delivers them at once. @defaultValue 0 */
  readonly interval?: number;
  /** The clock. @defaultValue asyncScheduler */
  readonly scheduler?: SchedulerLike;
}

/**
 * Cuts long deltas of text, thinking and refusal into small ones, and paces them if asked to.
 *
 * Deltas are only cut, never joined: a word or grapheme that arrives in two deltas stays in two. With `interval` the
 * first piece still comes at once, and other chunks keep their place: they, an error and completion wait for the
 * pieces before them, not for each other. What waits is kept in memory.
 *
 * ```text
 * source:  s-a------f|        s: start, a: 'one two six', f: finish
 * result:  s-(bcd)--f|        splitDeltas({ by: 'word' }), b c d: 'one ', 'two ', 'six'
 * result:  s-b--c--df|        splitDeltas({ by: 'word', interval: 3 })
 * ```
 *
 * Errors with what the source errors with. Unsubscribing drops what waits.
 *
 * @example
 * ```ts
 * model.stream('Tell me a story').pipe(splitDeltas({ by: 'grapheme', interval: 5 }), selectText());
 * ```
 *
 * @see {@link joinDeltas} for the inverse.
 */
export function splitDeltas(options: SplitDeltasOptions = {}): MonoTypeOperatorFunction<StreamChunk> {
  const { by = 'word', interval = 0, scheduler = asyncScheduler } = options;
  if (typeof by === 'number') checkNumber('splitDeltas', 'by', by, { min: 1, integer: true });
  else checkOneOf('splitDeltas', 'by', by, ['grapheme', 'word']);
  checkNumber('splitDeltas', 'interval', interval);
  const cut = cutterBy(by);

  return (source) => {
    const pieces = source.pipe(concatMap((chunk) => (isText(chunk) ? piecesOf(chunk, cut) : [chunk])));
    return interval === 0 ? pieces : pieces.pipe(pace(interval, scheduler));
  };
}

type TextChunk = ChunkOf<'text-delta' | 'refusal-delta' | 'thinking-delta'>;

function isText(chunk: StreamChunk): chunk is TextChunk {
  return 'text' in chunk && chunk.text !== '';
}

function* piecesOf(chunk: TextChunk, cut: (text: string) => Iterable<string>): Iterable<StreamChunk> {
  for (const text of cut(chunk.text)) yield { ...chunk, text };
}

function cutterBy(by: NonNullable<SplitDeltasOptions['by']>): (text: string) => Iterable<string> {
  if (by === 'word') return (text) => text.match(/\s*\S+\s*|\s+/gu) ?? [];
  if (by !== 'grapheme') return (text) => inLengths(text, by);
  const segmenter = new Intl.Segmenter();
  // Of printable ASCII every character is a grapheme; measured: 10 times faster for the deltas of most models.
  return (text) => (/^[\n -~]*$/u.test(text) ? text : graphemes(segmenter.segment(text)));
}

function* graphemes(segments: Intl.Segments): Iterable<string> {
  for (const { segment } of segments) yield segment;
}

function* inLengths(text: string, length: number): Iterable<string> {
  for (let from = 0; from < text.length;) {
    let to = from + length;
    // A code point above U+FFFF begins with the high half of the pair that `to` would tear.
    if ((text.codePointAt(to - 1) ?? 0) > 0xffff) to += 1;
    yield text.slice(from, to);
    from = to;
  }
}

/** Keeps text at least `interval` apart, and everything else behind the text before it. */
function pace(interval: number, scheduler: SchedulerLike): MonoTypeOperatorFunction<StreamChunk> {
  return (source) =>
    defer(() => {
      let due = 0;

      return source.pipe(
        materialize(),
        concatMap((notification) => {
          if (notification.kind !== 'N' || !isText(notification.value)) return [notification];
          const now = scheduler.now();
          // Never longer than `interval`, even if the clock is set back.
          const wait = Math.min(interval, Math.max(0, due - now));
          due = now + wait + interval;
          return wait === 0 ? [notification] : timer(wait, scheduler).pipe(map(() => notification));
        }),
        dematerialize(),
      );
    });
}
