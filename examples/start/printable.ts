import { defer, filter, map, type MonoTypeOperatorFunction } from 'rxjs';

// The sequences of ECMA-48: with parameters (colours, cursor), strings up to BEL or ST (titles, links), short ones.
const parameters = String.raw`(?:\x1b\[|\x9b)[0-?]{0,1000}[ -/]{0,1000}`;
const string = String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]{0,1000}`;
const short = String.raw`\x1b[ -/]{0,1000}`;

const sequences = new RegExp(`${parameters}[@-~]|${string}(?:\\x07|\\x1b\\\\|\\x9c)|${short}[0-~]`, 'g');
const unfinished = new RegExp(`(?:${parameters}|${string}\\x1b?|${short})$`);
/** Whatever Unicode calls a control character, line break and tab excepted. */
const controls = /[^\P{Cc}\n\t]/gu;

/**
 * The text without anything that a terminal would obey: no colours, no cursor movements, no window titles, no bells.
 *
 * What a model writes is foreign text, and it may have read it on some web page. A sequence that is not finished at
 * the end of the text is left out too.
 */
export function toPrintable(text: string): string {
  return clean(text.slice(0, endOfFinished(text)));
}

/**
 * Does the same to a text that comes in pieces, wherever they are cut: the beginning of a sequence is held back until
 * its end has come, or until it is too long to be one.
 *
 * Not by `stripVTControlCharacters` of `node:util`, which cannot tell whether a sequence is finished.
 */
export function printable(): MonoTypeOperatorFunction<string> {
  return (source) =>
    defer(() => {
      let held = '';

      return source.pipe(
        map((piece) => {
          const text = held + piece;
          const end = endOfFinished(text);
          held = text.slice(end);
          return clean(text.slice(0, end));
        }),
        filter((text) => text !== ''),
      );
    });
}

function clean(text: string): string {
  return text.replace(sequences, '').replace(controls, '');
}

/** Where a sequence begins that may still go on behind the text; else the end of the text. */
function endOfFinished(text: string): number {
  const start = text.search(unfinished);
  return start === -1 ? text.length : start;
}
