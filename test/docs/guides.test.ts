import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readExamples } from './docExamples.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(root + file, 'utf8');
const snippets = 'test/docs/snippets';

/** Tested elsewhere, made from the doc comments, or not ours. */
const others = ['decisions.md', 'comparison.md', 'migrate/', 'operators/', 'api/', 'node_modules/'];
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root })]
  .filter((page) => !others.some((other) => page.startsWith(`docs/${other}`)))
  .sort();

/** A guide shows the files of the folder of its name; the one on testing those that lie in no folder. */
const guides = globSync(`${snippets}/*/`, { cwd: root })
  .map((folder) => folder.replace(/\/$/, '').slice(snippets.length + 1))
  .filter((name) => name !== 'migrate')
  .map((name) => ({ page: `docs/${name}.md`, folder: `${snippets}/${name}` }))
  .concat({ page: 'docs/testing.md', folder: snippets });

const blocksOf = (page: string) =>
  [...read(page).matchAll(/^( *)```(?:ts|tsx|typescript|js|javascript)\b.*\n([^]*?)^\1```/gm)].map(
    ([, , code = '']) => code,
  );

/** The code without what it is indented by. */
const flat = (code: string) => code.replaceAll(/^ +/gm, '').trim();

/** What runs in CI: tests, examples, the guide's own files and the examples of doc comments. */
const ran = [
  ...globSync('{test,examples}/**/*.ts', { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).map(
    read,
  ),
  ...readExamples().map(({ code }) => code),
].map(flat);

/** Guides that show parts of their files: the rest is what a server or a queue needs to run in a test. */
const ofParts = ['docs/scaling.md'];

describe.each(guides)('$page', ({ page, folder }) => {
  const files = globSync('*.test.ts', { cwd: root + folder }).sort();
  const blocks = existsSync(root + page) ? blocksOf(page) : [];
  const placeOf = (file: string) => {
    const code = read(`${folder}/${file}`);
    return blocks.findIndex((block) =>
      ofParts.includes(page) ? flat(code).includes(flat(block)) : flat(code) === flat(block),
    );
  };

  it('shows each of its snippets', () => {
    expect(files.filter((file) => placeOf(file) === -1)).toEqual([]);
  });

  it.skipIf(folder === snippets)('shows them in their order', () => {
    const places = files.map(placeOf);

    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });
});

describe.each(pages)('the code of %s', (page) => {
  it('runs in CI', () => {
    const strange = blocksOf(page).filter((block) => !ran.some((code) => code.includes(flat(block))));

    expect(strange).toEqual([]);
  });
});

describe('docs/testing.md', () => {
  it('needs at most 15 lines for a test of two rounds', () => {
    const [, test = ''] = blocksOf('docs/testing.md')[0]?.split(/^(?=it\()/m) ?? [];

    expect(test.trim().split('\n').length).toBeLessThanOrEqual(15);
  });
});
