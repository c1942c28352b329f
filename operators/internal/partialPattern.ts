/** Behind the last character that is known, whatever the flags. */
const end = '(?![^])';

const escape = String.raw`\\(?:k<[^<>]*>|u[\da-f]{4}|x[\da-f]{2}|c[a-z]|[1-9]\d*|[^])`;
const others = String.raw`\[(?:[^\]\\]|\\[^])*\]?|\((?:\?(?:<?[=!]|<[^<>]+>|[a-z-]*:))?|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[^]`;

/** The pieces of a pattern's source: classes, openers of groups, quantifiers, escapes and single characters. */
const plainPiece = new RegExp(`${escape}|${others}`, 'gi');
const unicodePiece = new RegExp(
  String.raw`\\(?:u\{[^}]*\}|p\{[^}]*\}|ud[89ab]..\\ud[c-f]..)|${escape}|${others}`,
  'giu',
);

/**
 * Makes a pattern that also matches what may become a match of the given one when the text goes on.
 *
 * Every piece of it may be missing where the text ends: `abc` becomes `(?:a|$)(?:b|$)(?:c|$)`. The paths through both
 * patterns have the same order. So a match that does not reach the end of the text is a match of the given pattern,
 * whatever follows, and where there is no match there will be none. That holds for assertions too: one that the text
 * to come may decide otherwise takes all the rest, to the end.
 *
 * @throws {TypeError} for what cannot be told of half a text: back references, and the sets of the flag `v`
 */
export function toPartialPattern(pattern: RegExp): RegExp {
  const { source, flags, unicode } = pattern;
  const refuse = (what: string) =>
    new TypeError(`redact: ${what} cannot be matched in a stream: ${String(pattern)}`);
  if (flags.includes('v')) throw refuse('the flag v');
  const piece = new RegExp(unicode ? unicodePiece : plainPiece);

  /** The rest of a group, its closing bracket read. */
  const rest = (): string => {
    let made = '';
    for (;;) {
      const [found = ''] = piece.exec(source) ?? [];
      if (found === '' || found === ')') return made;
      if (/^\\(?:[1-9]|k<)/.test(found)) throw refuse('a back reference');
      if (/^\(\?<?[=!]/.test(found)) made += assertion(found);
      else if (found.startsWith('(')) made += `${found.endsWith(':') ? found : '(?:'}${rest()}|${end})`;
      else if (/^(?:[|*+?]|\{\d)/.test(found)) made += found;
      else made += `(?:${found}|${end})`;
    }
  };

  const assertion = (opener: string): string => {
    const from = piece.lastIndex;
    const inside = rest();
    const given = `${opener}${source.slice(from, piece.lastIndex - 1)})`;
    return opener.includes('<') ? `(?:${given}|${end})` : `(?:(?=(?:${inside})${end})[^]*|${given})`;
  };

  return new RegExp(rest(), `${flags.replace(/[dgy]/g, '')}g`);
}
