import { createReadStream } from 'node:fs';

/** One line of a file. */
export interface Line {
  readonly text: string;
  /** From 1. */
  readonly number: number;
  /** False for the last one, where the file does not end with a line break. */
  readonly isWhole: boolean;
}

/**
 * The lines of a text file, one after the other.
 *
 * Not by `node:readline`: it also divides at U+2028 and U+2029, which may stand in JSON as they are.
 */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  let rest = '';
  let number = 0;
  for await (const piece of createReadStream(path, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) yield { text, number: ++number, isWhole: true };
  }
  if (rest !== '') yield { text: rest, number: number + 1, isWhole: false };
}
