import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/angular.md', import.meta.url), 'utf8');
const snippets = [
  ...guide.matchAll(/^\[[^\]]+\]\((\.\.\/examples\/angular\/[^)]+)\):\n\n```ts\n([^]*?)```/gm),
];
const images = [...guide.matchAll(/images\/[\w-]+\.png/g)].map(([file]) => file);

/** The lines without what they are indented by. */
const toLines = (code: string) => code.replace(/^ +/gm, '').trim();

describe('docs/angular.md', () => {
  it('names the file of each of its snippets', () => {
    expect(snippets).toHaveLength(guide.split('```ts\n').length - 1);
  });

  it.each(snippets.map(([, file = '', code = '']) => ({ file, code })))(
    'shows what stands in $file',
    ({ file, code }) => {
      const source = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');

      expect(toLines(source)).toContain(toLines(code));
    },
  );

  it.each(images)('has the picture %s, of less than 150 kB', (file) => {
    expect(readFileSync(new URL(`../../docs/${file}`, import.meta.url)).length).toBeLessThan(150_000);
  });
});
