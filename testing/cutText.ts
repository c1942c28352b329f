import { concatMap, filter, from, map, type Observable, of, toArray } from 'rxjs';
import { splitDeltas } from '../operators/splitDeltas.ts';
import type { StreamChunk } from '../src/chunk.ts';

/** What a text is counted in. */
export type TextUnit = 'grapheme' | 'word' | 'token';

/** The graphemes of a text, as one array. */
function graphemesOf(text: string): Observable<string[]> {
  return of<StreamChunk>({ type: 'text-delta', text, block: 0 }).pipe(
    splitDeltas({ by: 'grapheme' }),
    map((chunk) => ('text' in chunk ? chunk.text : '')),
    filter((grapheme) => grapheme !== ''),
    toArray(),
  );
}

/** The graphemes of several texts, in their order. */
export function graphemesOfAll(texts: readonly string[]): Observable<string[][]> {
  return from(texts).pipe(concatMap(graphemesOf), toArray());
}

/** Joins graphemes to pieces, each of as many units as `nextSize` says when it begins. */
export function* joinUnits(
  graphemes: readonly string[],
  unit: TextUnit,
  nextSize: () => number,
): Generator<string> {
  const begins = boundaries[unit]();
  let piece = '';
  let count = 0;
  let size = nextSize();

  for (const grapheme of graphemes) {
    if (begins(grapheme)) {
      if (count === size) {
        yield piece;
        piece = '';
        count = 0;
        size = nextSize();
      }
      count += 1;
    }
    piece += grapheme;
  }
  if (piece !== '') yield piece;
}

/** Numbers from 0 to 1 that look random and are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;

  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Whether a grapheme begins a unit; a new one for each text, since it knows what came before. */
type Begins = (grapheme: string) => boolean;

const boundaries: Record<TextUnit, () => Begins> = {
  grapheme: () => () => true,
  word: wordBoundaries,
  token: tokenBoundaries,
};

/** A word has the space behind it; space before the first word belongs to that word. */
function wordBoundaries(): Begins {
  let before: 'nothing' | 'margin' | 'word' | 'gap' = 'nothing';

  return (grapheme) => {
    const isSpace = /^\s/u.test(grapheme);
    const begins = before === 'nothing' || (before === 'gap' && !isSpace);
    if (!isSpace) before = 'word';
    else before = before === 'word' || before === 'gap' ? 'gap' : 'margin';
    return begins;
  };
}

type TokenKind = 'letter' | 'digit' | 'space' | 'other';

const longestToken: Record<TokenKind, number> = {
  letter: 5,
  digit: 3,
  space: Number.POSITIVE_INFINITY,
  other: 1,
};

/** As the vocabularies of models have it: the space stands before the word, and numbers come in threes. */
function tokenBoundaries(): Begins {
  let kind: TokenKind = 'other';
  let length = 1;
  let isSingleSpace = false;

  return (grapheme) => {
    const next = kindOf(grapheme);
    const isWord = next === 'letter' || next === 'digit';
    const joins = isWord && isSingleSpace;
    const goesOn = next === kind && length < longestToken[kind];
    isSingleSpace = grapheme === ' ' && !goesOn;
    length = goesOn ? length + 1 : 1;
    kind = next;
    return !joins && !goesOn;
  };
}

function kindOf(grapheme: string): TokenKind {
  if (/^\s/u.test(grapheme)) return 'space';
  if (/^\p{L}/u.test(grapheme)) return 'letter';
  return /^\p{N}/u.test(grapheme) ? 'digit' : 'other';
}
