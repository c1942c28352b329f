import type { TestMessage } from '../../testing/chunkMessages.ts';

/** A letter of a timeline and the notifications that it stands for. */
export interface RecordedMark {
  readonly letter: string;
  readonly frame: number;
  readonly messages: readonly TestMessage[];
}

/** A row as it happened. */
export interface RecordedRow {
  readonly label: string;
  readonly call?: string;
  readonly isInput: boolean;
  readonly subscribedFrame: number;
  /** When its reader left; absent where it ended by itself. */
  readonly unsubscribedFrame?: number;
  readonly marks: readonly RecordedMark[];
  /** As it stands in the comment, and what happened in the same notation; equal where the comment is right. */
  readonly expected: string;
  readonly actual: string;
}

/** What happened in the notation of the comment, from the column of frame 0 on. */
export function draw(marks: readonly RecordedMark[], subscribedFrame: number): string {
  if (subscribedFrame === Infinity) return '(not subscribed to)';
  let drawn = ' '.repeat(subscribedFrame);
  const frames = [...new Set(marks.map(({ frame }) => frame))];
  for (const frame of frames) {
    const letters = marks
      .filter((mark) => mark.frame === frame)
      .map(({ letter }) => letter)
      .join('');
    // A group takes its width of time, so that nothing can be drawn in it.
    const gap = frame < drawn.length ? `<${frame} ms>` : '-'.repeat(frame - drawn.length);
    drawn += gap + (letters.length > 1 ? `(${letters})` : letters);
  }
  return drawn;
}
