import { checkNumber } from '../src/checkOptions.ts';
import type { TestMessage } from './chunkMessages.ts';
import { drawMeaning, Legend } from './legend.ts';
import { TextRow } from './textRow.ts';
import { type LabelledTimeline, layOutTimelines } from './timelineLayout.ts';

/** Options of {@link drawTimelines}. */
export interface DrawTimelinesOptions {
  /** Characters of a line; what is longer goes on in another row. @defaultValue all in one row */
  readonly width?: number;
  /** A frame with a `^` below it. @defaultValue none */
  readonly mark?: number;
}

/**
 * Draws timelines one below the other, equal frames in equal columns, and says what the characters stand for.
 *
 * Several notifications of one frame are a group, which takes as many columns as it needs but only one frame.
 *
 * ```text
 *   ms            2    4 6
 *   source      --(sH)-i-(f|)
 *   selectText  --a   -b-|
 *
 *   s  start test test-1
 *   H  text "H" in block 0
 *   …
 * ```
 *
 * @throws {RangeError} where the width is no number from 20
 *
 * @example
 * ```ts
 * const source = recordTimeline(scheduler, model.stream('Hello'));
 * scheduler.flush();
 * drawTimelines([{ label: 'source', messages: source.messages }]);
 * ```
 *
 * @see {@link drawTimelinesSvg} for the same as a picture.
 */
export function drawTimelines(
  timelines: readonly LabelledTimeline[],
  options: DrawTimelinesOptions = {},
): string {
  const { width = Infinity, mark } = options;
  checkNumber('drawTimelines', 'width', width, { min: 20 });
  const { columns, legend } = layOutTimelines(timelines);
  const labels = timelines.map(({ label }) => label);
  const lines: string[] = [];
  let row = new TextRow(labels, Math.min(0, columns[0]?.frame ?? 0));

  for (const column of columns) {
    if (!row.fits(column, width)) {
      lines.push(...row.lines, '');
      row = new TextRow(labels, row.next);
    }
    row.add(column, column.frame === mark);
  }
  return [
    ...lines,
    ...row.lines,
    '',
    ...legend.filter(({ look }) => look !== 'complete').map(drawMeaning),
  ].join('\n');
}

/** The notifications of one frame by their characters and meanings, one a line. */
export function listNotifications(messages: readonly TestMessage[], all: readonly TestMessage[]): string[] {
  const legend = new Legend(all);
  return messages.map((message) => drawMeaning(legend.markOf(message)).trimStart());
}
