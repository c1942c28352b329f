import { highlight, supportsLanguage } from 'cli-highlight';
import { Lexer, Marked, type RendererObject, type Token, type Tokens } from 'marked';
import wrapAnsi from 'wrap-ansi';
import { coloured, hasColours } from './colour.ts';
import { drawTable } from './table.ts';

/**
 * Reads markdown. A definition of a link is a paragraph: it may come long after the text that refers to it has been
 * drawn.
 */
const reader = new Marked({ tokenizer: { def: () => undefined } });

/** The blocks of a text: where they begin and end, without what is in them. */
export function readBlocks(text: string): readonly Token[] {
  return new Lexer(reader.defaults).blockTokens(text);
}

/** A markdown text as lines for a terminal, none of them wider than so many columns. */
export function drawMarkdown(text: string, columns: number): readonly string[] {
  const drawer = new Marked({ renderer: terminalRenderer(columns) });
  return wrapHanging(tidy(drawer.parser(reader.lexer(text))), columns);
}

/**
 * Draws each kind of token. What follows a block is a blank line.
 *
 * Not by `marked-terminal`, which knows no width, counts every list from 1 and leaves the markup in its items alone.
 */
function terminalRenderer(columns: number): RendererObject {
  return {
    space: () => '',
    heading({ tokens, depth }) {
      const text = this.parser.parseInline(tokens);
      return `${coloured(depth === 1 ? ['bold', 'underline'] : 'bold', text)}\n\n`;
    },
    paragraph({ tokens }) {
      return `${this.parser.parseInline(tokens)}\n\n`;
    },
    text(token) {
      // That of a list's item is a block, with tokens of its own.
      if (token.type === 'text' && token.tokens) return `${this.parser.parseInline(token.tokens)}\n`;
      return token.type === 'escape' || token.escaped ? token.text : unescape(token.text);
    },
    list({ ordered, start, loose, items }) {
      const drawn = items.map((item, index) => {
        const mark = ordered ? `${Number(start) + index}. ` : '• ';
        return mark + hang(tidy(this.parser.parse(itemTokens(item), loose)), ' '.repeat(mark.length));
      });
      return `${drawn.join(loose ? '\n\n' : '\n')}\n\n`;
    },
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
    blockquote({ tokens }) {
      return `│ ${hang(tidy(this.parser.parse(tokens)), '│ ')}\n\n`;
    },
    code: ({ text, lang = '' }) => `  ${hang(colourCode(text, lang), '  ')}\n\n`,
    table(token) {
      const draw = (cells: readonly Tokens.TableCell[]) =>
        cells.map(({ tokens }) => this.parser.parseInline(tokens));
      const rows = [draw(token.header).map((cell) => coloured('bold', cell)), ...token.rows.map(draw)];
      return `${drawTable(rows, token.align, columns)}\n\n`;
    },
    hr: () => `${'─'.repeat(Math.min(columns, 40))}\n\n`,
    html: ({ raw }) => (/^<br\s*\/?>$/i.test(raw) ? '\n' : raw),
    strong({ tokens }) {
      return coloured('bold', this.parser.parseInline(tokens));
    },
    em({ tokens }) {
      return coloured('italic', this.parser.parseInline(tokens));
    },
    del({ tokens }) {
      return coloured('strikethrough', this.parser.parseInline(tokens));
    },
    codespan: ({ text }) => coloured('yellow', text),
    br: () => '\n',
    // Where a link leads is always to be seen: who wrote it is not to be trusted.
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      const address = coloured(['blue', 'underline'], href);
      return text === href || `mailto:${text}` === href ? address : `${text} (${address})`;
    },
    image: ({ href, text }) => `${text} (${coloured(['blue', 'underline'], href)})`,
  };
}

/** With the box of a task at the beginning. */
function itemTokens({ task, checked, tokens }: Tokens.ListItem): Tokens.ListItem['tokens'] {
  const box = checked ? '☑ ' : '☐ ';
  return task ? [{ type: 'html', block: false, pre: false, raw: box, text: box }, ...tokens] : tokens;
}

function colourCode(code: string, info: string): string {
  const [language = ''] = info.split(/\s/, 1);
  // It would complain on the console of a language that it does not know, and to find out which one it is takes long.
  if (!hasColours() || !supportsLanguage(language))
    return code
      .split('\n')
      .map((line) => coloured('yellow', line))
      .join('\n');
  return highlight(code, { language, ignoreIllegals: true });
}

/** Breaks lines at words; what is indented, quoted or behind a bullet goes on below its beginning. */
function wrapHanging(text: string, columns: number): readonly string[] {
  // Closes and opens colours at the ends of lines, so that each line can stand alone.
  const lines = wrapAnsi(text, 100_000, { trim: false }).split('\n');
  return lines.flatMap((line) => {
    const [, quote = '', bullet = ''] = /^((?:│ | )*)((?:•|\d+\.) )?/.exec(line) ?? [];
    // Of so narrow a terminal nothing would be left.
    const isHanging = columns - quote.length - bullet.length > 4;
    const beginning = isHanging ? quote + bullet : '';
    const indentation = isHanging ? quote + ' '.repeat(bullet.length) : '';
    const [first = '', ...rest] = breakLine(line.slice(beginning.length), columns - beginning.length);
    return [beginning + first, ...rest.map((more) => indentation + more.trimStart())].map((drawn) =>
      drawn.trimEnd(),
    );
  });
}

function breakLine(line: string, columns: number): readonly string[] {
  return wrapAnsi(line, columns, { hard: true, trim: false }).split('\n');
}

/** One blank line at most between blocks, and none around them. */
function tidy(text: string): string {
  return text
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
    .trimEnd();
}

function hang(text: string, indentation: string): string {
  return text.replaceAll('\n', `\n${indentation}`);
}

const entities: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  '#39': "'",
  nbsp: ' ',
};

function unescape(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? '');
}
