import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../docs/comparison.md', import.meta.url), 'utf8');

/** The cells of the table under a heading: by row, then by column. */
export function readTable(heading: string): Map<string, Map<string, string>> {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [columns = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return new Map(
    rows.map(([row = '', ...cells]) => [
      row,
      new Map(cells.map((cell, at) => [columns[at + 1] ?? '', cell])),
    ]),
  );
}
