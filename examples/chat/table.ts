import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

type Align = 'left' | 'right' | 'center' | null;

/** What stands between two columns. */
const gap = ' │ ';

/** Rows as a table, the first below a rule; what is too wide for the terminal is broken into lines. */
export function drawTable(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  columns: number,
): string {
  const natural = align.map((_, at) => Math.max(...rows.map((row) => widest(row[at] ?? ''))));
  const widths = shrink(natural, columns - gap.length * (align.length - 1));
  const rule = widths.map((width) => '─'.repeat(width)).join('─┼─');

  const [head = '', ...body] = rows.map((row) => drawRow(row, align, widths));
  return [head, rule, ...body].join('\n');
}

function drawRow(row: readonly string[], align: readonly Align[], widths: readonly number[]): string {
  const cells = widths.map((width, at) => wrapAnsi(row[at] ?? '', width, { hard: true }).split('\n'));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, at) => pad(lines[line] ?? '', widths[at] ?? 0, align[at] ?? null))
      .join(gap)
      .trimEnd(),
  ).join('\n');
}

function pad(text: string, width: number, align: Align): string {
  const room = Math.max(width - stringWidth(text), 0);
  const before = align === 'right' ? room : align === 'center' ? Math.floor(room / 2) : 0;
  return ' '.repeat(before) + text + ' '.repeat(room - before);
}

/** Takes from the widest columns what does not fit. */
function shrink(widths: readonly number[], room: number): readonly number[] {
  const shrunk = [...widths];
  for (let excess = sum(shrunk) - room; excess > 0 && Math.max(...shrunk) > 3; excess--) {
    const at = shrunk.indexOf(Math.max(...shrunk));
    shrunk[at] = (shrunk[at] ?? 0) - 1;
  }
  return shrunk;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => stringWidth(line)));
}
