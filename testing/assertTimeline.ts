import { findDifference } from './difference.ts';
import { format } from './format.ts';
import type { Timeline } from './recordTimeline.ts';

/**
 * Asserts what a reader had on the screen at a moment.
 *
 * @throws {Error} showing the diagram
 *
 * @example
 * ```ts
 * assertTextAt(timeline, 4, 'Hel');
 * ```
 */
export function assertTextAt(timeline: Timeline, frame: number, expected: string): void {
  assertSame(timeline, `The text at ${frame} ms`, timeline.textAt(frame), expected);
}

/**
 * Asserts what a reader had on the screen when a retry came, the first one unless told.
 *
 * @throws {Error} showing the diagram
 *
 * @example
 * ```ts
 * assertTextAtRestart(timeline, 'Hel');
 * ```
 */
export function assertTextAtRestart(timeline: Timeline, expected: string, nth = 1): void {
  assertSame(timeline, `The text at restart number ${nth}`, timeline.textAtRestart(nth), expected);
}

/** What an {@link assertToolCalled} may ask for beyond the name. */
export interface ToolCallExpectation {
  /** All arguments of the call. @defaultValue any */
  readonly with?: unknown;
  /** When the call was complete, in milliseconds. @defaultValue any time */
  readonly at?: number;
}

/**
 * Asserts that the model called a tool, with these arguments and at that moment if given.
 *
 * @throws {Error} telling all calls and showing the diagram
 *
 * @example
 * ```ts
 * assertToolCalled(timeline, 'weather', { with: { city: 'Bern' }, at: 3 });
 * ```
 */
export function assertToolCalled(
  timeline: Timeline,
  toolName: string,
  expectation: ToolCallExpectation = {},
): void {
  const { with: args, at } = expectation;
  const isMet = timeline.toolCalls.some(
    (call) =>
      call.toolName === toolName &&
      (args === undefined || findDifference(call.arguments, args) === undefined) &&
      (at === undefined || call.frame === at),
  );
  if (isMet) return;
  const calls = timeline.toolCalls.map(
    (call) => `\n  called    ${call.toolName} with ${format(call.arguments)} at ${call.frame} ms`,
  );
  const wanted = `${toolName}${args === undefined ? '' : ` with ${format(args)}`}${at === undefined ? '' : ` at ${at} ms`}`;
  throw new Error(
    `The tool was not called so\n  expected  ${wanted}${calls.join('') || '\n  called    none'}\n\n${String(timeline)}`,
  );
}

/**
 * Asserts that the first content came soon enough; `start`, `usage` and `raw` are none.
 *
 * @throws {Error} showing the diagram
 *
 * @example
 * ```ts
 * assertFirstChunkWithin(timeline, 300);
 * ```
 */
export function assertFirstChunkWithin(timeline: Timeline, milliseconds: number): void {
  const { timeToFirstChunk } = timeline;
  if (timeToFirstChunk <= milliseconds) return;
  throw new Error(
    `The first content came after ${timeToFirstChunk} ms, not within ${milliseconds} ms\n\n${String(timeline)}`,
  );
}

function assertSame(timeline: Timeline, what: string, actual: string, expected: string): void {
  if (actual === expected) return;
  throw new Error(
    `${what} differs\n  expected  ${format(expected)}\n  actual    ${format(actual)}\n\n${String(timeline)}`,
  );
}
