import { checkOneOf } from '../src/checkOptions.ts';
import { type ChunkLog, readMessages } from './chunkLog.ts';
import { drawTimelines } from './drawTimelines.ts';
import { drawTimelinesSvg } from './drawTimelinesSvg.ts';

/** Options of {@link drawChunks}. */
export interface DrawChunksOptions {
  /** Text for a terminal and an issue, or a picture. @defaultValue 'text' */
  readonly format?: 'text' | 'svg';
  /** What stands before the timeline. @defaultValue nothing */
  readonly label?: string;
  /** Characters of a line, or pixels of the picture. @defaultValue 80 and 420 */
  readonly width?: number;
}

/**
 * Draws a log of {@link recordChunks}: the marble diagram of what happened, as text or as an SVG.
 *
 * A log without an end is one whose reader had left; it ends with `!` at its last chunk.
 *
 * @throws {GrammarError} at a line that is not of such a log
 * @throws {RangeError} where an option is wrong
 *
 * @example
 * ```ts
 * const log = readFileSync('session.jsonl', 'utf8');
 * writeFileSync('session.svg', drawChunks(log, { format: 'svg' }));
 * ```
 *
 * @see {@link writeMarbleTest} for a test of the same log.
 */
export function drawChunks(log: ChunkLog, options: DrawChunksOptions = {}): string {
  const { format = 'text', label = '', width } = options;
  checkOneOf('drawChunks', 'format', format, ['text', 'svg']);
  const messages = readMessages('drawChunks', log);
  const last = messages.at(-1);
  const hasLeft = last?.notification.kind === 'N';
  const timeline = { label, messages, ...(hasLeft && { unsubscribedFrame: last.frame }) };
  return format === 'text'
    ? drawTimelines([timeline], { width: width ?? 80 })
    : drawTimelinesSvg([timeline], width === undefined ? {} : { width });
}
