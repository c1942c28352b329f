import { pitch, radius } from './svgMarks.ts';
import { type Column, formatTime } from './timelineLayout.ts';

/** A column and where it is drawn. */
interface Place {
  /** The middle of its first stack. */
  readonly x: number;
  readonly frame: number;
  /** Absent at the beginning of time, where nothing happens. */
  readonly column?: Column;
  /** How many notifications stand below each other before another stack begins. */
  readonly stack: number;
  /** The silence before it, where it is not drawn in proportion. */
  readonly cut?: { readonly label: string };
}

/** Columns beside each other. */
export interface PlacedRow {
  /** Where its lines begin. */
  readonly from: number;
  readonly places: readonly Place[];
  readonly isLast: boolean;
}

const margin = 24;
/** Pixels of a unit of time. */
const step = 28;
/** Silences of more units are cut. */
const longestSilence = 6;
const highestStack = 6;

/** Puts columns in proportion to their time, as far as they have room, and in as many rows as they need. */
export function placeColumns(columns: readonly Column[], width: number): PlacedRow[] {
  const rows: { from: number; places: Place[] }[] = [];
  const start = Math.min(0, columns[0]?.frame ?? 0);
  const unit = unitOf(columns);
  let row: { from: number; places: Place[] } = { from: margin, places: [] };
  let previous = { x: margin, frame: start, right: 0 };
  rows.push(row);
  if (columns[0]?.frame !== start) row.places.push({ x: margin, frame: start, stack: 1 });

  for (const column of columns) {
    const { frame } = column;
    const silence = frame - previous.frame;
    const stack = Math.max(
      highestStack,
      Math.ceil(mostValues(column) / Math.floor((width - 2 * margin) / pitch)),
    );
    const right = reachOf(column, stack);
    const cut = silence > longestSilence * unit ? { label: `${formatTime(silence)} ms` } : undefined;
    const reach = (cut ? cut.label.length * 6.5 + 16 : 0) + radius;
    let x =
      frame === start
        ? margin
        : Math.max(previous.x + previous.right + reach + 5, cut ? 0 : previous.x + (silence / unit) * step);
    if (x + right > width - 4 && row.places.length > 0) {
      row = { from: 0, places: [] };
      rows.push(row);
      x = cut ? reach + 12 : margin + 8;
    }
    x = Math.round(x * 10) / 10;
    row.places.push({ x, frame, column, stack, ...(cut && { cut }) });
    previous = { x, frame, right };
  }
  return rows.map((each, index) => ({ ...each, isLast: index === rows.length - 1 }));
}

/** Milliseconds that are drawn as one step: what is usual between two columns, as a round number. */
function unitOf(columns: readonly Column[]): number {
  const silences = columns.slice(1).map(({ frame }, index) => frame - (columns[index]?.frame ?? 0));
  silences.sort((one, other) => one - other);
  const usual = silences[Math.floor((silences.length - 1) / 2)] ?? 1;
  if (usual < 5) return 1;
  const power = 10 ** Math.floor(Math.log10(usual));
  return power * (usual / power < 2 ? 1 : usual / power < 5 ? 2 : 5);
}

function mostValues({ cells }: Column): number {
  return Math.max(...cells.map(({ marks }) => marks.length));
}

/** From the middle of the first stack to the right border. */
function reachOf({ cells }: Column, stack: number): number {
  return Math.max(
    ...cells.map(
      ({ marks }) => (Math.ceil(marks.length / stack) - 1) * pitch + radius + (marks.length > 1 ? 21 : 2),
    ),
  );
}
