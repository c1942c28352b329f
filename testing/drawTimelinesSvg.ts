import { checkNumber } from '../src/checkOptions.ts';
import { isEnd, type Mark } from './legend.ts';
import {
  drawMark,
  drawNotification,
  escapeXml,
  labelSize,
  pitch,
  radius,
  style,
  wrapText,
  write,
} from './svgMarks.ts';
import { type PlacedRow, placeColumns } from './svgRows.ts';
import { type Cell, formatTime, type LabelledTimeline, layOutTimelines } from './timelineLayout.ts';

/** Options of {@link drawTimelinesSvg}. */
export interface DrawTimelinesSvgOptions {
  /** What a screen reader calls the picture. @defaultValue the labels */
  readonly title?: string;
  /** Pixels; what is longer goes on in another row. @defaultValue 420 */
  readonly width?: number;
}

const axisHeight = 24;
const lineHeight = 17;
/** Between the line of a lane and what is above it. */
const headroom = radius + 5;

/**
 * Draws timelines as a picture, an SVG that stands for itself: in a page, or as a file that a README shows.
 *
 * What a chunk is can be told by its shape as well as by its colour: circles are text, dashed circles thinking, squares
 * tools, a diamond is a restart. Chunks of one frame are a stack in a frame of their own. Silences that are long for
 * these timelines are cut, and the mark of the cut tells how long they were. The picture takes the colours of the text
 * around it; as a file it is light or dark like the reader's system. The same timelines give the same string.
 *
 * @throws {RangeError} where the width is no number from 200 to 100000
 *
 * @example
 * ```ts
 * const timeline = recordTimeline(scheduler, model.stream('Hello').pipe(withTimeout({ each: 50 })));
 * scheduler.flush();
 * writeFileSync('timeline.svg', drawTimelinesSvg([{ label: 'result', messages: timeline.messages }]));
 * ```
 *
 * @see {@link drawTimelines} for the same as text.
 */
export function drawTimelinesSvg(
  timelines: readonly LabelledTimeline[],
  options: DrawTimelinesSvgOptions = {},
): string {
  const labels = timelines.map(({ label }) => label);
  const {
    width = 420,
    title = ['Marble diagram', labels.filter(Boolean).join(', ')].filter(Boolean).join(': '),
  } = options;
  checkNumber('drawTimelinesSvg', 'width', width, { min: 200, max: 100_000 });
  const { columns, legend } = layOutTimelines(timelines);
  const rows = placeColumns(columns, width);
  const lines: string[] = [];
  let y = 0;

  for (const row of rows) {
    lines.push(...drawAxis(row, y));
    const top = y + axisHeight;
    let bottom = top;
    const lanes = labels.flatMap((label, lane) => {
      if (!isSeen(row, lane)) return [];
      const drawn = drawLane(row, lane, label, bottom, width);
      bottom += drawn.height;
      return drawn.lines;
    });
    lines.push(...drawGrid(row, top, bottom), ...lanes);
    y = bottom + 8;
  }
  for (const mark of legend) {
    const told = wrapText(mark.meaning, width - 48);
    lines.push(drawMark(mark, 20, y + 14));
    lines.push(...told.map((each, index) => write(each, 42, y + 18 + index * lineHeight, 'words')));
    y += Math.max(26, told.length * lineHeight + 8);
  }
  const height = y + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rxllm-timelines" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" style="max-width:100%;height:auto">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(labels.map((label, lane) => describeLane(label, lane, columns)).join('\n'))}</desc>`,
    `<style>${style}</style>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

/** A lane in words, for those who do not see it. */
function describeLane(
  label: string,
  lane: number,
  columns: readonly { readonly frame: number; readonly cells: readonly Cell[] }[],
): string {
  const told = columns.flatMap(({ frame, cells }) =>
    (cells[lane]?.marks ?? []).map(({ meaning }) => `at ${formatTime(frame)} ms ${meaning}`),
  );
  return `${label === '' ? '' : `${label}: `}${told.join('; ') || 'nothing'}.`;
}

/** Whether a lane has begun and not ended yet in a row. */
function isSeen({ places }: PlacedRow, lane: number): boolean {
  return places.every(({ column }) => !column) || places.some(({ column }) => column?.cells[lane]?.isOpen);
}

/** The numbers; one that would run into the one before is left out. */
function drawAxis({ places }: PlacedRow, y: number): string[] {
  let free = Number.NEGATIVE_INFINITY;
  return places.flatMap(({ x, frame }, index) => {
    const label = index === 0 ? `${formatTime(frame)} ms` : formatTime(frame);
    const half = (label.length * 6.5) / 2;
    if (x - half < free) return [];
    free = x + half + 4;
    return [write(label, x, y + 16, 'axis')];
  });
}

function drawGrid({ places }: PlacedRow, top: number, bottom: number): string[] {
  const lines = places.map(({ x }) => `M${x} ${top - 3}V${bottom}`).join('');
  return [`<path class="grid" d="${lines}"/>`];
}

function drawLane(
  row: PlacedRow,
  lane: number,
  label: string,
  top: number,
  width: number,
): { readonly lines: readonly string[]; readonly height: number } {
  const title = label === '' ? [] : wrapText(label, width - 16);
  const y = top + title.length * lineHeight + headroom;
  const marks: string[] = [];
  let path = '';
  let deepest = 1;
  let from = row.from;

  for (const { x, frame, column, stack, cut } of row.places) {
    const cell = column?.cells[lane];
    if (!cell) continue;
    const values = cell.marks.filter((mark) => !isEnd(mark));
    const ends = cell.marks.filter(isEnd);
    const drawn = drawCell(values, ends, x, y, frame, stack);
    if (cell.isOpenBefore) {
      if (cut) {
        const middle = (from + drawn.left) / 2;
        path += `M${from} ${y}H${middle - 4}M${middle + 4} ${y}H${drawn.left}`;
        path += `M${middle - 7} ${y + 6}l6 -12M${middle + 1} ${y + 6}l6 -12`;
        marks.push(write(cut.label, middle, y - 10, 'cut'));
      } else if (drawn.left > from) path += `M${from} ${y}H${drawn.left}`;
    }
    marks.push(...drawn.lines);
    deepest = Math.max(deepest, Math.min(stack, values.length));
    from = drawn.right;
  }
  // Without any column nothing has happened, and the stream goes on.
  if (row.places.at(-1)?.column?.cells[lane]?.isOpenAfter ?? true) {
    const end = row.isLast ? Math.min(from + 26, width - 4) : width;
    path += `M${from} ${y}H${end}${row.isLast ? `m-6 -4l6 4l-6 4` : ''}`;
  }
  return {
    lines: [
      ...title.map((each, index) => write(each, 8, top + labelSize + index * lineHeight, 'label')),
      ...(path === '' ? [] : [`<path class="lane" d="${path}"/>`]),
      ...marks,
    ],
    height: y - top + (deepest - 1) * pitch + radius + 8,
  };
}

/** The notifications of a frame; those beyond the height of a stack begin another one at its right. */
function drawCell(
  values: readonly Mark[],
  ends: readonly Mark[],
  x: number,
  y: number,
  frame: number,
  stack: number,
): { readonly lines: readonly string[]; readonly left: number; readonly right: number } {
  const stacks = Math.ceil(values.length / stack);
  const width = stacks > 0 ? (stacks - 1) * pitch + radius : 0;
  const endX = stacks > 0 ? x + width + 11 : x;
  const lines = [
    ...values.map((mark, index) =>
      drawNotification(mark, x + Math.floor(index / stack) * pitch, y + (index % stack) * pitch, frame),
    ),
    ...ends.map((mark) => drawNotification(mark, endX, y, frame)),
  ];
  if (lines.length < 2) {
    const reach = values.length > 0 ? radius + 1 : 0;
    return { lines, left: x - reach, right: x + reach };
  }
  const left = x - radius - 4;
  const right = x + width + (ends.length > 0 ? 21 : 4);
  const height = (Math.min(stack, values.length) - 1) * pitch + 2 * radius + 8;
  const frameOfGroup = `<rect class="group" x="${left}" y="${y - radius - 4}" width="${right - left}" height="${height}" rx="${radius + 4}"/>`;
  return { lines: [frameOfGroup, ...lines], left, right };
}
