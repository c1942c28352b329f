import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { Entry, Lane, ToolEntry } from '../start/lane.ts';
import { show } from '../start/lines.ts';
import { toPrintable } from '../start/printable.ts';
import { Blocks } from './blocks.ts';
import { coloured } from './colour.ts';
import { drawMarkdown } from './markdown.ts';

/** What is to be on the screen of an answer. */
export interface Picture {
  /** Lines to add for good. */
  readonly finished: readonly string[];
  /** Lines below these, to be drawn over by the next picture. */
  readonly live: readonly string[];
}

/** How an answer is drawn. */
export interface DrawingOptions {
  readonly columns: number;
  /** What turns. */
  readonly spinner: string;
}

/** A line is one of many that belong together; around a block there are blank lines. */
interface Item {
  readonly kind: 'line' | 'block';
  readonly lines: readonly string[];
}

/** The end of a text that is live: nobody sees more of it, and all of it is drawn at each picture. */
const mostLive = 8_000;

/** Draws one answer as it grows: each finished block, thought and tool once, and the rest of it anew each time. */
export class Drawing {
  readonly #showsThinking: boolean;
  /** The first entry that is not finished, and its blocks if it is text. */
  #next = 0;
  #blocks = new Blocks();
  /** Of the last item that was finished. */
  #last: Item['kind'] | undefined;

  constructor({ showsThinking = false }: { readonly showsThinking?: boolean } = {}) {
    this.#showsThinking = showsThinking;
  }

  draw({ entries, state }: Pick<Lane, 'entries' | 'state'>, options: DrawingOptions): Picture {
    const isRunning = state === 'running';
    const finished: Item[] = [];
    for (let entry = entries[this.#next]; entry; entry = entries[this.#next]) {
      const isOver = !isRunning || isFinished(entry, this.#next === entries.length - 1);
      if (entry.kind === 'text') {
        finished.push(
          ...this.#blocks.take(entry.text, isOver).finished.map((text) => toBlock(text, options)),
        );
      } else if (isOver) finished.push(...this.#draw(entry, { ...options, spinner: '■' }));
      if (!isOver) break;
      this.#next++;
      this.#blocks = new Blocks();
    }
    const lines = this.#space(finished);
    this.#last = finished.at(-1)?.kind ?? this.#last;
    return { finished: lines, live: this.#space(this.#drawOpen(entries.slice(this.#next), options)) };
  }

  #drawOpen(entries: readonly Entry[], options: DrawingOptions): readonly Item[] {
    return entries.flatMap((entry, index) => {
      if (entry.kind !== 'text') return this.#draw(entry, options);
      const { open } = (index === 0 ? this.#blocks : new Blocks()).take(entry.text);
      return open.trim() === '' ? [] : [toBlock(endOf(open), options)];
    });
  }

  #draw(entry: Entry, { columns, spinner }: DrawingOptions): readonly Item[] {
    switch (entry.kind) {
      case 'text':
        return [toBlock(entry.text, { columns })];
      case 'thinking': {
        const text = toPrintable(entry.text).trim();
        if (text === '') return [];
        const isLive = spinner !== '■';
        if (!this.#showsThinking)
          return [toLine(`${isLive ? spinner : '✻'} ${fold(text, columns - 2, isLive)}`, 'dim')];
        const { lines } = toLines(text.replaceAll('\t', '    '), columns, ['dim', 'italic']);
        return [{ kind: 'block', lines }];
      }
      case 'tool':
        return [drawTool(entry, columns, spinner)];
      case 'restart': {
        const { error, attempt, maxAttempts } = entry.chunk;
        return [toLines(`↻ ${show(error.message)}, attempt ${attempt} of ${maxAttempts}`, columns, 'yellow')];
      }
      case 'error':
        return [toLines(`✖ ${show(entry.message)}`, columns, 'red')];
    }
  }

  /** The lines of items, with blank ones where they belong. */
  #space(items: readonly Item[]): readonly string[] {
    let last = this.#last;
    return items.flatMap(({ kind, lines }) => {
      const isApart = kind === 'block' || last === 'block';
      last = kind;
      return isApart ? ['', ...lines] : lines;
    });
  }
}

/** Text and thinking go on as long as nothing comes behind them. */
function isFinished(entry: Entry, isLast: boolean): boolean {
  if (entry.kind === 'tool') return entry.result !== undefined;
  return !isLast || entry.kind === 'restart' || entry.kind === 'error';
}

function toBlock(text: string, { columns }: Pick<DrawingOptions, 'columns'>): Item {
  return { kind: 'block', lines: drawMarkdown(text, columns) };
}

function toLine(text: string, format: Parameters<typeof coloured>[0]): Item {
  return { kind: 'line', lines: [coloured(format, text)] };
}

function toLines(text: string, columns: number, format: Parameters<typeof coloured>[0]): Item {
  const lines = wrapAnsi(text, columns, { hard: true, trim: false }).split('\n');
  return { kind: 'line', lines: lines.map((line) => coloured(format, line)) };
}

function drawTool(
  { toolName, arguments: args, progress, result }: ToolEntry,
  columns: number,
  spinner: string,
): Item {
  const call = `${show(toolName)} ${show(args)}`;
  if (!result) {
    const status = progress === undefined ? '' : ` · ${show(progress)}`;
    return toLine(cut(`${spinner} ${call}${status}`, columns), 'cyan');
  }
  const [mark, colour] = result.isError ? (['✖', 'red'] as const) : (['✔', 'green'] as const);
  const time = result.durationMs === 0 ? '' : ` ${(result.durationMs / 1000).toFixed(1)} s`;
  return toLine(cut(`${mark} ${call}${time} → ${show(result.result)}`, columns), colour);
}

/** Foreign text on one line: its beginning, or its end while it grows. */
function fold(text: string, columns: number, isGrowing: boolean): string {
  if (!isGrowing) return cut(show(text.slice(0, 4 * columns)), columns);
  const end = show(text.slice(-4 * columns));
  if (stringWidth(end) <= columns) return end;
  const characters = Array.from(new Intl.Segmenter().segment(end), ({ segment }) => segment);
  let shown = '';
  while (stringWidth(shown) < columns - 3) shown = `${characters.pop() ?? ' '}${shown}`;
  return `…${shown}`;
}

/** A text with an ellipsis in place of what does not fit. */
function cut(text: string, columns: number): string {
  const options = { hard: true, wordWrap: false };
  const beginning = text.slice(0, 4 * columns);
  if (!wrapAnsi(beginning, columns, options).includes('\n')) return text;
  const [line = ''] = wrapAnsi(beginning, Math.max(columns - 1, 1), options).split('\n');
  return `${line}…`;
}

/** The last lines of a block. Of a code block that is so long its first line stays, which tells what it is. */
function endOf(block: string): string {
  if (block.length <= mostLive) return block;
  const from = block.indexOf('\n', block.length - mostLive) + 1;
  const first = block.slice(0, block.indexOf('\n') + 1);
  return (/^ {0,3}(?:`{3}|~{3})/.test(first) ? first : '') + block.slice(from);
}
