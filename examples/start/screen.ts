import spinners from 'cli-spinners';
import { createLogUpdate } from 'log-update';
import {
  auditTime,
  combineLatest,
  interval,
  map,
  type Observable,
  startWith,
  takeLast,
  takeWhile,
  tap,
} from 'rxjs';
import type { Lane } from './lane.ts';
import { panel } from './panel.ts';

/** Whether the standard error output can be drawn over. */
export const isLive = process.stderr.isTTY && process.env['TERM'] !== 'dumb';

const narrowest = 36;
const gap = 2;
/** Lines of a panel below its head while it is live; at the end it is as long as it needs to be. */
const mostLines = 14;
const { frames, interval: frameMs } = spinners.dots;

/**
 * Draws the lanes on the standard error output, side by side where there is room, until all have ended.
 *
 * Chunks come by the hundred in a second, eyes follow twenty pictures: that is what `auditTime` is for.
 */
export function drawLanes(lanes: Observable<readonly Lane[]>): Observable<readonly Lane[]> {
  const log = createLogUpdate(process.stderr);
  const ticks = interval(frameMs).pipe(
    map((count) => count + 1),
    startWith(0),
  );

  return combineLatest([lanes, ticks]).pipe(
    takeWhile(([all]) => all.some(({ state }) => state === 'running'), true),
    auditTime(50),
    tap(([all, tick]) => log(arrange(all, process.stderr.rows, frames[tick % frames.length] ?? ''))),
    map(([all]) => all),
    takeLast(1),
    tap({
      finalize: () => {
        log.clear();
        log.done();
      },
    }),
  );
}

/** The lanes as they are in the end, in full length. */
export function finalPicture(lanes: readonly Lane[]): string {
  // Where nothing spins any more, what still waits was stopped.
  return arrange(lanes, Infinity, '■');
}

/** Puts the panels into as many columns as fit, and cuts them to the height of the terminal, keeping their ends. */
function arrange(lanes: readonly Lane[], rows: number, spinner: string): string {
  const columns = process.stderr.columns || 80;
  const across = [lanes.length, 2, 1].find((count) => widthOf(count, columns) >= narrowest) ?? 1;
  const width = widthOf(across, columns);
  const bands = Math.ceil(lanes.length / across);
  // A blank line between the bands, one at the end for the cursor, and the question above.
  const height = Math.min(Math.floor((rows - bands - 2) / bands), mostLines + 2);

  const pictures = lanes.map((lane) => panel(lane, width, spinner));
  const texts = Array.from({ length: bands }, (_, band) => {
    const beside = pictures.slice(band * across, (band + 1) * across);
    const most = Math.max(...beside.map(({ length }) => length));
    return sideBySide(beside, rows === Infinity ? most : height, width);
  });
  return texts.join('\n\n');
}

function sideBySide(panels: readonly (readonly string[])[], height: number, width: number): string {
  const blank = ' '.repeat(width);
  const cut = panels.map(([head = '', rule = '', ...body]) => [head, rule, ...body.slice(-(height - 2))]);
  return Array.from({ length: height }, (_, line) =>
    cut
      .map((lines) => lines[line] ?? blank)
      .join(' '.repeat(gap))
      .trimEnd(),
  ).join('\n');
}

function widthOf(across: number, columns: number): number {
  return Math.floor((columns - (across - 1) * gap) / across);
}
