import type { TestMessage } from './chunkMessages.ts';
import { findDifference } from './difference.ts';
import { describeChunk, format, isChunk } from './format.ts';

/** A timeline and what stands before it. */
export interface LabelledTimeline {
  readonly label: string;
  readonly messages: readonly TestMessage[];
}

/** Gaps of more frames are told in words. */
const longestGap = 12;

/**
 * Draws timelines one below the other, equal frames in equal columns, and says what the characters stand for.
 *
 * Several notifications of one frame are a group, which takes as many columns as it needs but only one frame.
 */
export function drawTimelines(timelines: readonly LabelledTimeline[], mark?: number): string {
  const legend = new Legend(timelines.flatMap(({ messages }) => messages));
  const frames = [...new Set(timelines.flatMap(({ messages }) => messages.map(({ frame }) => frame)))];
  frames.sort((one, other) => one - other);
  const width = Math.max(...timelines.map(({ label }) => label.length), 'ms'.length);
  const title = (label: string) => `  ${label.padEnd(width)}  `;
  let drawn = timelines.map(({ label }) => title(label));
  let axis = title('ms');
  let marks = title('');
  let next = Math.min(0, frames[0] ?? 0);

  for (const frame of frames) {
    const gap = frame - next;
    const silence = gap > longestGap || !Number.isInteger(gap) ? ` ${gap}ms ` : '-'.repeat(gap);
    const cells = timelines.map(({ messages }) =>
      legend.draw(messages.filter((each) => each.frame === frame)),
    );
    const column = Math.max(...cells.map(({ length }) => length));
    const at = Math.max(...drawn.map(({ length }) => length)) + silence.length;
    // A number that would run into the one before is left out.
    if (axis.length < at || !/\d$/u.test(axis)) axis = axis.padEnd(at) + String(frame);
    if (frame === mark) marks = `${marks.padEnd(at)}^`;
    drawn = drawn.map((line, row) => {
      const isOver = frame > endOf(timelines[row]);
      return (line + (isOver ? '' : silence + (cells[row] ?? ''))).padEnd(at + column);
    });
    next = frame + 1;
  }
  const lines = [axis, ...drawn, ...(mark === undefined ? [] : [marks])].map((line) => line.trimEnd());
  return [...lines, '', ...legend.lines].join('\n');
}

/** The frame at which a timeline has completed or failed. */
function endOf(timeline: LabelledTimeline | undefined): number {
  const last = timeline?.messages.at(-1);
  return !last || last.notification.kind === 'N' ? Number.POSITIVE_INFINITY : last.frame;
}

/** The notifications of one frame by their characters and meanings, one a line. */
export function listNotifications(messages: readonly TestMessage[], all: readonly TestMessage[]): string[] {
  const legend = new Legend(all);
  return messages.map((message) => `${legend.characterOf(message)}  ${describe(message)}`);
}

interface Entry {
  readonly character: string;
  readonly value: unknown;
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZαβγδεζηθικλμνξοπρστυφχψω');

/** Gives every different value a character of its own, one that reminds of it where that is free. */
class Legend {
  readonly #entries: readonly Entry[];

  constructor(messages: readonly TestMessage[]) {
    const values: unknown[] = [];
    for (const { notification } of messages) {
      if (notification.kind !== 'N' || values.some((value) => areEqual(value, notification.value))) continue;
      values.push(notification.value);
    }
    const taken = new Map<string, unknown>();
    const take = (value: unknown, wishes: readonly string[]) => {
      const character = wishes.find((each) => !taken.has(each));
      if (character !== undefined) taken.set(character, value);
    };
    // Text that is a single letter chooses first: it is what the author of the test has written.
    values.filter(isLetter).forEach((value) => take(value, wishesOf(value)));
    const served = new Set(taken.values());
    for (const value of values) if (!served.has(value)) take(value, [...wishesOf(value), ...letters]);
    const characters = new Map([...taken].map(([character, value]) => [value, character]));
    this.#entries = values.map((value) => ({ character: characters.get(value) ?? '?', value }));
  }

  characterOf({ notification }: TestMessage): string {
    if (notification.kind === 'C') return '|';
    if (notification.kind === 'E') return '#';
    return this.#find(notification.value)?.character ?? '?';
  }

  /** What a frame holds; a dash where it holds nothing. */
  draw(messages: readonly TestMessage[]): string {
    const all = messages.map((message) => this.characterOf(message)).join('');
    return messages.length > 1 ? `(${all})` : all || '-';
  }

  get lines(): string[] {
    return this.#entries.map(({ character, value }) => `  ${character}  ${describeValue(value)}`);
  }

  #find(value: unknown): Entry | undefined {
    return this.#entries.find((entry) => areEqual(entry.value, value));
  }
}

function areEqual(one: unknown, other: unknown): boolean {
  return findDifference(one, other) === undefined;
}

/** Characters that would remind of a value. */
function wishesOf(value: unknown): string[] {
  const content = textOf(value);
  if (content !== undefined) return letters.filter((letter) => content.startsWith(letter));
  if (!isChunk(value)) return [];
  const { type } = value;
  const initial =
    { 'tool-call': 'c', 'tool-result': 'r', 'tool-progress': 'p' }[type as string] ?? type.charAt(0);
  return [initial, initial.toUpperCase()];
}

function isLetter(value: unknown): boolean {
  const content = textOf(value);
  return content !== undefined && letters.includes(content);
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return isChunk(value) && value.type === 'text-delta' ? value.text : undefined;
}

function describe({ notification }: TestMessage): string {
  if (notification.kind === 'C') return 'complete';
  if (notification.kind === 'E') return `error ${describeError(notification.error)}`;
  return describeValue(notification.value);
}

/** rxjs-marbles hands over errors as name and message. */
function describeError(error: unknown): string {
  const { name, message } = (typeof error === 'object' && error ? error : {}) as Partial<Error>;
  return name === undefined || message === undefined ? format(error) : `${name}: ${message}`;
}

function describeValue(value: unknown): string {
  return isChunk(value) ? describeChunk(value) : format(value);
}
