import type { Token } from 'marked';
import { toPrintable } from '../start/printable.ts';
import { readBlocks } from './markdown.ts';

/** What of a markdown text has come in whole blocks, and what may still change. */
export interface Division {
  /** Blocks that have become finished since the last look; whatever follows, they stay as they are. */
  readonly finished: readonly string[];
  /** The block that is being written. */
  readonly open: string;
}

/**
 * Divides a markdown text that grows, so that each block is drawn once and for good.
 *
 * Only whole lines count, one after the other, and of these the last block never does: a line can turn a paragraph
 * into a heading, continue a list behind a blank line, or close a code block. So the blocks are the same however the
 * text was cut.
 */
export class Blocks {
  /** How much of the text is in whole lines that were taken. */
  #taken = 0;
  /** Of these, what is not finished. */
  #open = '';

  /** Takes the text so far, or all of it. */
  take(text: string, isWhole = false): Division {
    const end = isWhole ? text.length : text.lastIndexOf('\n') + 1;
    const lines = clean(text.slice(this.#taken, end))
      .split(/(?<=\n)/)
      .filter((line) => line !== '');
    const finished = lines.flatMap((line) => this.#advance(line));
    this.#taken = end;
    if (!isWhole) return { finished, open: this.#open + clean(text.slice(end)) };
    const last = this.#open;
    this.#open = '';
    return { finished: last.trim() === '' ? finished : [...finished, last], open: '' };
  }

  #advance(line: string): readonly string[] {
    this.#open += line;
    const tokens = readBlocks(this.#open);
    const last = tokens.findLastIndex(({ type }) => type !== 'space');
    const open = join(tokens.slice(Math.max(last, 0)));
    // Where the lexer has put something together differently, the whole of it waits.
    if (last < 1 || !this.#open.endsWith(open)) return [];
    this.#open = open;
    return tokens
      .slice(0, last)
      .filter(({ type }) => type !== 'space')
      .map(({ raw }) => raw);
  }
}

/** Foreign text without control sequences, none of which spans lines, and tabs, which have no width of their own. */
function clean(text: string): string {
  return toPrintable(text).replaceAll('\t', '    ');
}

function join(tokens: readonly Token[]): string {
  return tokens.map(({ raw }) => raw).join('');
}
