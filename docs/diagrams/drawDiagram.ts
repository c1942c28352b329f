import { isChunk } from '../../testing/format.ts';
import { isEnd, Legend, type Mark, unsubscribed } from '../../testing/legend.ts';
import {
  drawMark,
  drawNotification,
  escapeXml,
  pitch,
  radius,
  wrapText,
  write,
} from '../../testing/svgMarks.ts';
import type { Meaning } from './readTimeline.ts';
import type { RecordedMark, RecordedRow } from './recordedRow.ts';

/** What these pictures have beside the renderer's own style. */
export const diagramStyle = [
  '.rxllm-timelines .call{fill:currentColor;fill-opacity:.06;stroke:currentColor;stroke-opacity:.45;stroke-width:1.25}',
  '.rxllm-timelines .code{text-anchor:middle;font-weight:600}',
  '.rxllm-timelines .ground{fill:var(--vp-c-bg,#fff)}',
].join('');

type Meanings = ReadonlyMap<string, readonly Meaning[]>;

/** Pixels of a millisecond. */
const step = 30;
const characterWidth = 7.9;
const laneHeight = 44;
const boxHeight = 34;
const lineHeight = 17;
const rowHeight = 30;
const margin = 8;

/** Where the lanes are. */
interface Frame {
  readonly left: number;
  readonly right: number;
}

/**
 * Draws a diagram as it happened: the inputs, the calls as boxes, below each what comes of it, and what the letters are.
 *
 * The marks and their colours are those of `drawTimelinesSvg`; here a letter is that of the comment.
 */
export function drawDiagram(title: string, rows: readonly RecordedRow[], meanings: Meanings): string {
  const labels = new Set(rows.map(({ label }) => label));
  const ordered = [...rows.filter(({ isInput }) => isInput), ...rows.filter(({ isInput }) => !isInput)];
  const frames = rows.flatMap(({ marks }) => marks.map(({ frame }) => frame));
  const left = Math.max(...rows.map(({ label }) => label.length)) * characterWidth + margin + 26;
  const right = left + Math.max(...frames) * step + 34;
  const boxes = rows.map(({ call = '' }) => call.length * characterWidth + 40);
  const width = Math.ceil(Math.max(right + margin, 480, ...boxes));
  const frame = { left, right: width - margin };
  const lines = [...drawAxis([...new Set(frames)], frame)];
  let y = 26;

  for (const row of ordered) {
    if (row.call !== undefined && !labels.has(row.call)) {
      lines.push(...drawCall(row.call, y + 4, frame));
      y += boxHeight + 8;
    }
    const drawn = drawLane(row, meanings, y, frame);
    lines.push(...drawn.lines);
    y += drawn.height;
  }
  y += 6;
  const legend = drawLegend(legendOf(ordered, meanings), y, width - margin);
  lines.push(...legend.lines);
  y = legend.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rxllm-timelines" role="img" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(ordered.map((row) => describeRow(row, meanings)).join(' '))}</desc>`,
    ...lines,
    '</svg>',
  ].join('\n');
}

function hasLeft({ unsubscribedFrame }: RecordedRow): boolean {
  return unsubscribedFrame !== undefined;
}

function xOf(at: number, { left }: Frame): number {
  return left + at * step;
}

/** The moments in which something happens; of two that touch the first is told. */
function drawAxis(frames: readonly number[], place: Frame): string[] {
  const sorted = frames.toSorted((one, other) => one - other);
  let free = -Infinity;
  return sorted.flatMap((frame, index) => {
    const label = index === 0 ? `${frame} ms` : String(frame);
    const x = xOf(frame, place);
    const half = (label.length * 6.5) / 2;
    if (x - half < free) return [];
    free = x + half + 3;
    return [write(label, x, 16, 'axis')];
  });
}

function drawCall(call: string, y: number, { right }: Frame): string[] {
  return [
    `<rect class="call" x="${margin}" y="${y}" width="${right - margin}" height="${boxHeight - 6}" rx="6"/>`,
    write(call, (margin + right) / 2, y + 19, 'code'),
  ];
}

function drawLane(
  row: RecordedRow,
  meanings: Meanings,
  y: number,
  place: Frame,
): { readonly lines: readonly string[]; readonly height: number } {
  const { label, subscribedFrame, unsubscribedFrame } = row;
  const middle = y + laneHeight / 2;
  const marks = row.marks.map((mark) => ({ frame: mark.frame, ...toMark(mark, meanings) }));
  if (row.isInput && unsubscribedFrame !== undefined)
    marks.push({ ...unsubscribed, frame: unsubscribedFrame });
  const end = marks.find(isEnd)?.frame;
  const from = xOf(subscribedFrame, place);
  const to = end === undefined ? place.right : xOf(end, place);
  const arrow = end === undefined ? 'm-6 -4l6 4l-6 4' : '';
  const lines = [
    write(label, margin, middle + 4.5, 'label'),
    `<path class="lane" d="M${from} ${middle}H${to}${arrow}"/>`,
  ];
  let deepest = 1;
  for (const frame of new Set(marks.map((mark) => mark.frame))) {
    const all = marks.filter((mark) => mark.frame === frame);
    const values = all.filter((mark) => !isEnd(mark));
    const ends = all.filter(isEnd);
    const x = xOf(frame, place);
    const endX = values.length > 0 ? x + radius + 10 : x;
    deepest = Math.max(deepest, values.length);
    if (all.length > 1) lines.push(drawGroup(x, middle, values.length, ends.length > 0));
    lines.push(
      // What is behind a mark is not seen through it.
      ...values.map(
        (_, index) => `<circle class="ground" cx="${x}" cy="${middle + index * pitch}" r="${radius}"/>`,
      ),
      ...values.map((mark, index) => drawNotification(mark, x, middle + index * pitch, frame)),
      ...ends.map((mark) => drawNotification(mark, endX, middle, frame)),
    );
  }
  return { lines, height: laneHeight + (deepest - 1) * pitch };
}

/** Around what comes in one moment. */
function drawGroup(x: number, y: number, values: number, hasEnd: boolean): string {
  const height = (Math.max(values, 1) - 1) * pitch + 2 * radius + 8;
  const width = 2 * radius + 8 + (hasEnd ? 14 : 0);
  return `<rect class="group" x="${x - radius - 4}" y="${y - radius - 4}" width="${width}" height="${height}" rx="${radius + 4}"/>`;
}

/** A mark of the renderer with the letter of the comment, and in few words. */
function toMark(recorded: RecordedMark, meanings: Meanings): Mark {
  const message = recorded.messages.at(-1);
  if (!message) return unsubscribed;
  const mark = new Legend([message]).markOf(message);
  const own = meanings.get(recorded.letter) ?? [];
  const of = own.filter(({ path }) => isChunk(valueOf(recorded)) && path.length > 0);
  const meaning = [describeMark(mark, recorded, own), tell(of)].filter((words) => words !== '').join(', ');
  return { ...mark, character: recorded.letter, meaning };
}

/** Letters and what they stand for. */
interface Entry {
  readonly marks: readonly Mark[];
  readonly words: string;
}

/** Each letter once; those of which the same is to be said, together. */
function legendOf(rows: readonly RecordedRow[], meanings: Meanings): readonly Entry[] {
  const words = new Map<string, Set<string>>();
  const marks = new Map<string, Mark>();
  for (const recorded of rows.flatMap((row) => row.marks)) {
    const mark = toMark(recorded, meanings);
    if (mark.look === 'complete') continue;
    // An operator may make a string of a chunk: what it was tells more.
    if (!marks.has(mark.character)) marks.set(mark.character, mark);
    words.set(mark.character, (words.get(mark.character) ?? new Set()).add(mark.meaning));
  }
  if (rows.some(hasLeft)) {
    marks.set(unsubscribed.character, unsubscribed);
    words.set(unsubscribed.character, new Set([unsubscribed.meaning]));
  }
  const entries = [...words].map(([letter, told]) => ({ letter, words: [...told].join(' or ') }));
  const different = new Set(entries.map((entry) => entry.words));
  return [...different].map((told) => ({
    words: told,
    marks: entries.flatMap(({ letter, words: own }) => (own === told ? (marks.get(letter) ?? []) : [])),
  }));
}

/** The entries one behind the other, in as many lines as they need. */
function drawLegend(
  entries: readonly Entry[],
  top: number,
  width: number,
): { readonly lines: readonly string[]; readonly bottom: number } {
  const lines: string[] = [];
  let x = margin;
  let y = top;
  let below = top + rowHeight;
  for (const { marks, words } of entries) {
    const room = marks.length * pitch + 6;
    const needed = room + words.length * characterWidth;
    if (x > margin && x + needed > width) {
      x = margin;
      y = below;
    }
    const told = wrapText(words, Math.max(width - x - room, 100));
    lines.push(...marks.map((mark, index) => drawMark(mark, x + radius + 2 + index * pitch, y + 13)));
    lines.push(...told.map((each, index) => write(each, x + room, y + 17 + index * lineHeight, 'words')));
    below = y + rowHeight + (told.length - 1) * lineHeight;
    x += told.length > 1 ? width : needed + 22;
  }
  return { lines, bottom: below };
}

/** The value or the error of a letter; of several chunks the last one, which has all. */
function valueOf({ messages }: RecordedMark): unknown {
  const notification = messages.at(-1)?.notification;
  if (notification?.kind === 'E') return notification.error;
  return notification?.kind === 'N' ? notification.value : undefined;
}

/** What a mark is, in few words: nothing that its letter tells, nor what is the same for all. */
function describeMark(mark: Mark, recorded: RecordedMark, meanings: readonly Meaning[]): string {
  const { letter } = recorded;
  const value = valueOf(recorded);
  if (value instanceof Error) return value.name;
  if (!isChunk(value)) return tell(meanings) || (value === letter ? 'a value' : mark.meaning);
  switch (value.type) {
    case 'start':
    case 'restart':
    case 'usage':
    case 'message':
    case 'run-finish':
      return value.type;
    case 'error':
      return `error ${value.error.name}`;
    case 'text-delta':
    case 'thinking-delta':
      return mark.meaning
        .replace(`"${letter}"`, '')
        .replace(/ at \d+/, '')
        .replace(/ in block \d+$/, '')
        .trim();
    case 'finish':
      return value.reason === 'stop' ? 'finish' : `finish, reason '${value.reason}'`;
    default:
      return mark.meaning.replace(/(?: \(call_\d+\))?(?: in block \d+)?$/, '');
  }
}

function tell(meanings: readonly Meaning[]): string {
  return meanings
    .map(({ path, facts }) =>
      path.length === 0 ? facts.join(', ') : `${path.join('.')}: ${facts.join(', ')}`,
    )
    .join(', ');
}

/** A row in words, for those who do not see it. */
function describeRow({ label, call, marks }: RecordedRow, meanings: Meanings): string {
  const told = marks.map((recorded) => {
    const mark = toMark(recorded, meanings);
    return `at ${recorded.frame} ms ${isEnd(mark) ? '' : `${mark.character}: `}${mark.meaning}`;
  });
  return `${label}${call === undefined ? '' : `, ${call}`}: ${told.join('; ')}.`;
}
