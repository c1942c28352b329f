import type { TestMessage } from './chunkMessages.ts';
import { findDifference } from './difference.ts';
import { describeChunk, format, isChunk } from './format.ts';

/** What a picture tells apart by shape and colour. */
export type Look =
  | 'text'
  | 'thinking'
  | 'tool'
  | 'restart'
  | 'start'
  | 'finish'
  | 'usage'
  | 'other'
  | 'complete'
  | 'error'
  | 'unsubscribed';

/** A character of a diagram and what it stands for. */
export interface Mark {
  readonly character: string;
  readonly meaning: string;
  readonly look: Look;
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZαβγδεζηθικλμνξοπρστυφχψω');

const completed: Mark = { character: '|', meaning: 'complete', look: 'complete' };

/** Whether nothing follows it. */
export function isEnd({ look }: Mark): boolean {
  return look === 'complete' || look === 'error' || look === 'unsubscribed';
}

/** A line of a legend. */
export function drawMeaning({ character, meaning }: Mark): string {
  return `  ${character}  ${meaning}`;
}

/** Where a reader left. */
export const unsubscribed: Mark = { character: '!', meaning: 'unsubscribed', look: 'unsubscribed' };

interface Entry extends Mark {
  readonly value: unknown;
}

export function markOfEnd(
  end: { readonly kind: 'C' } | { readonly kind: 'E'; readonly error: unknown },
): Mark {
  if (end.kind === 'C') return completed;
  return { character: '#', meaning: `error ${describeError(end.error)}`, look: 'error' };
}

/** The mark of a value, with a character that is free and, if possible, reminds of it; nothing where none is. */
export function markOfValue(value: unknown, isFree: (character: string) => boolean): Mark | undefined {
  const character = [...wishesOf(value), ...letters].find(isFree);
  return character === undefined
    ? undefined
    : { character, meaning: describeValue(value), look: lookOf(value) };
}

/** Gives every different value a character of its own, one that reminds of it where that is free. */
export class Legend {
  /** By a string that equal values share: what is compared is then little, however long the stream. */
  readonly #entries = new Map<string, Entry[]>();
  readonly #inOrder: Entry[] = [];

  constructor(messages: readonly TestMessage[]) {
    const values = differentValues(messages);
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
    for (const value of values) {
      const character = characters.get(value) ?? '?';
      const entry = { character, meaning: describeValue(value), look: lookOf(value), value };
      this.#inOrder.push(entry);
      bucketOf(this.#entries, value).push(entry);
    }
  }

  /** Those of values, in the order of their first appearance. */
  get marks(): readonly Mark[] {
    return this.#inOrder;
  }

  /** The mark of a message of those that the legend is made of. */
  markOf({ notification }: TestMessage): Mark {
    if (notification.kind !== 'N') return markOfEnd(notification);
    const value: unknown = notification.value;
    return this.#entries.get(keyOf(value))?.find((entry) => areEqual(entry.value, value)) as Mark;
  }
}

function differentValues(messages: readonly TestMessage[]): unknown[] {
  const buckets = new Map<string, unknown[]>();
  return messages.flatMap(({ notification }): unknown[] => {
    if (notification.kind !== 'N') return [];
    const value: unknown = notification.value;
    const bucket = bucketOf(buckets, value);
    if (bucket.some((each) => areEqual(each, value))) return [];
    bucket.push(value);
    return [value];
  });
}

function bucketOf<T>(buckets: Map<string, T[]>, value: unknown): T[] {
  const key = keyOf(value);
  const bucket = buckets.get(key) ?? [];
  buckets.set(key, bucket);
  return bucket;
}

function keyOf(value: unknown): string {
  if (isChunk(value)) return `${value.type} ${'text' in value ? value.text : ''}`;
  return typeof value === 'string' ? value : typeof value;
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

function lookOf(value: unknown): Look {
  if (textOf(value) !== undefined) return 'text';
  if (!isChunk(value)) return 'other';
  const { type } = value;
  if (type.startsWith('tool-') || type === 'approval-request') return 'tool';
  if (type.startsWith('thinking-')) return 'thinking';
  if (type === 'refusal-delta') return 'text';
  if (type === 'run-finish') return 'finish';
  return type === 'restart' || type === 'start' || type === 'finish' || type === 'usage' ? type : 'other';
}

/** rxjs-marbles hands over errors as name and message. */
function describeError(error: unknown): string {
  const { name, message } = (typeof error === 'object' && error ? error : {}) as Partial<Error>;
  return toLine(name === undefined || message === undefined ? format(error) : `${name}: ${message}`);
}

/** A value as one line, without anything that a terminal or a log would take for more than a character. */
export function describeValue(value: unknown): string {
  try {
    return toLine(isChunk(value) ? describeChunk(value) : format(value));
  } catch {
    // A getter threw.
    return 'something that cannot be read';
  }
}

const longest = 240;

function toLine(words: string): string {
  const cut = words.length > longest ? `${words.slice(0, longest - 1)}…` : words;
  return cut.replace(
    /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
