/** Where a text may be cut without tearing what belongs together. */
export type Boundary = 'word' | 'sentence' | 'line';

/**
 * Finds the end of the last boundary in a piece of a growing text, 0 if there is none.
 *
 * Reads every piece once: all it keeps between two is whether the text ends with what may end a sentence.
 */
export type BoundaryFinder = (piece: string, isFirst: boolean) => number;

/** The finder for a kind of boundary, for one text at a time. */
export function findBoundary(boundary: Boundary): BoundaryFinder {
  switch (boundary) {
    case 'line':
      return (piece) => piece.lastIndexOf('\n') + 1;
    case 'word':
      return (piece) => piece.search(/\s\S*$/u) + 1;
    default:
      return findSentence();
  }
}

/** Quotes, brackets and marks of Markdown may stand between the full stop and the space. */
const sentenceEnd = /[.!?…]["'”’»)\]*_]*\s|[。！？\n]/gu;
const mayEnd = /[.!?…]["'”’»)\]*_]*$/u;

function findSentence(): BoundaryFinder {
  let isPending = false;

  return (piece, isFirst) => {
    const before = isPending && !isFirst ? '.' : '';
    const text = before + piece;
    let end = 0;
    for (const match of text.matchAll(sentenceEnd)) end = match.index + match[0].length;
    isPending = mayEnd.test(text);
    return Math.max(0, end - before.length);
  };
}
