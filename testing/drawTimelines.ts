import type { TestMessage } from './chunkMessages.ts';
import { Legend, type Mark } from './legend.ts';
import { type LabelledTimeline, layOutTimelines } from './timelineLayout.ts';

/** Gaps of more frames are told in words. */
const longestGap = 12;

/**
 * Draws timelines one below the other, equal frames in equal columns, and says what the characters stand for.
 *
 * Several notifications of one frame are a group, which takes as many columns as it needs but only one frame. A `^`
 * stands below the frame `mark`, if there is one.
 *
 * ```text
 *   ms           2    4 6
 *   source     --(sH)-i-(f|)
 *   selectText --H   -i-|
 *
 *   s  start test test-1
 *   …
 * ```
 *
 * @example
 * ```ts
 * const source = recordTimeline(model.stream('Hello'));
 * flush();
 * drawTimelines([{ label: 'source', messages: source.messages }]);
 * ```
 *
 * @see {@link drawTimelinesSvg} for the same as a picture.
 */
export function drawTimelines(timelines: readonly LabelledTimeline[], mark?: number): string {
  const { columns, legend } = layOutTimelines(timelines);
  const width = Math.max(...timelines.map(({ label }) => label.length), 'ms'.length);
  const title = (label: string) => `  ${label.padEnd(width)}  `;
  let drawn = timelines.map(({ label }) => title(label));
  let axis = title('ms');
  let arrow = title('');
  let next = Math.min(0, columns[0]?.frame ?? 0);

  for (const { frame, cells } of columns) {
    const gap = frame - next;
    const silence = gap > longestGap || !Number.isInteger(gap) ? ` ${gap}ms ` : '-'.repeat(gap);
    const column = Math.max(...cells.map(({ marks }) => drawMarks(marks).length));
    const at = Math.max(...drawn.map(({ length }) => length)) + silence.length;
    // A number that would run into the one before is left out.
    if (axis.length < at || !/\d$/u.test(axis)) axis = axis.padEnd(at) + String(frame);
    if (frame === mark) arrow = `${arrow.padEnd(at)}^`;
    drawn = drawn.map((line, row) => {
      const { marks = [], isOpen = false, isOpenBefore = false } = cells[row] ?? {};
      const begun = (isOpenBefore ? line + silence : line).padEnd(at);
      return (isOpen ? begun + drawMarks(marks) : begun).padEnd(at + column);
    });
    next = frame + 1;
  }
  const lines = [axis, ...drawn, ...(mark === undefined ? [] : [arrow])].map((line) => line.trimEnd());
  return [...lines, '', ...legend.map(drawMeaning)].join('\n');
}

/** The notifications of one frame by their characters and meanings, one a line. */
export function listNotifications(messages: readonly TestMessage[], all: readonly TestMessage[]): string[] {
  const legend = new Legend(all);
  return messages.map((message) => drawMeaning(legend.markOf(message)).trimStart());
}

/** What a frame holds; a dash where it holds nothing. */
function drawMarks(marks: readonly Mark[]): string {
  const all = marks.map(({ character }) => character).join('');
  return marks.length > 1 ? `(${all})` : all || '-';
}

function drawMeaning({ character, meaning }: Mark): string {
  return `  ${character}  ${meaning}`;
}
