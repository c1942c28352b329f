import type { Mark } from './legend.ts';
import { type Column, formatTime } from './timelineLayout.ts';

/** Gaps of more frames are told in words. */
const longestGap = 12;

/** Columns beside each other as lines of text: the axis, and a line for each timeline. */
export class TextRow {
  /** The first frame that is not drawn yet. */
  next: number;
  readonly #width: number;
  #axis: string;
  #drawn: readonly string[];
  #arrow = '';

  constructor(labels: readonly string[], from: number) {
    this.#width = Math.max(...labels.map(({ length }) => length), 'ms'.length);
    this.#axis = this.#title('ms');
    this.#drawn = labels.map((label) => this.#title(label));
    this.next = from;
  }

  get isEmpty(): boolean {
    return this.#axis === this.#title('ms');
  }

  /** Whether a column has room in that many characters. A row that is empty takes any. */
  fits(column: Column, width: number): boolean {
    return this.isEmpty || this.#begin(column) + sizeOf(column) <= width;
  }

  add(column: Column, isMarked = false): void {
    const { frame, cells } = column;
    const at = this.#begin(column);
    // A number that would run into the one before is left out.
    if (this.#axis.length < at || !/\d$/u.test(this.#axis))
      this.#axis = this.#axis.padEnd(at) + formatTime(frame);
    if (isMarked) this.#arrow = `${' '.repeat(at)}^`;
    const silence = this.#silence(frame);
    this.#drawn = this.#drawn.map((line, row) => {
      const { marks = [], isOpen = false, isOpenBefore = false } = cells[row] ?? {};
      const begun = (isOpenBefore ? line + silence : line).padEnd(at);
      return (isOpen ? begun + drawMarks(marks) : begun).padEnd(at + sizeOf(column));
    });
    this.next = frame + 1;
  }

  get lines(): string[] {
    const lines = [this.#axis, ...this.#drawn, ...(this.#arrow === '' ? [] : [this.#arrow])];
    return lines.map((line) => line.trimEnd());
  }

  #title(label: string): string {
    return `  ${label.padEnd(this.#width)}  `;
  }

  /** Where a column would begin. */
  #begin({ frame }: Column): number {
    return Math.max(...this.#drawn.map(({ length }) => length)) + this.#silence(frame).length;
  }

  #silence(frame: number): string {
    const gap = frame - this.next;
    // Where a row goes on in the frame of the one before, and between fractions of one millisecond.
    if (gap <= 0) return '';
    return gap > longestGap || !Number.isInteger(gap) ? ` ${formatTime(gap)}ms ` : '-'.repeat(gap);
  }
}

function sizeOf({ cells }: Column): number {
  return Math.max(...cells.map(({ marks }) => drawMarks(marks).length));
}

/** What a frame holds; a dash where it holds nothing. */
function drawMarks(marks: readonly Mark[]): string {
  const all = marks.map(({ character }) => character).join('');
  return marks.length > 1 ? `(${all})` : all || '-';
}
