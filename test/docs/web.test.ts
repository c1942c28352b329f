import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/web.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const snippets = new URL('snippets/web/', import.meta.url);
const files = globSync('*.test.ts', { cwd: snippets }).sort();

describe('docs/web.md', () => {
  it('shows the code that runs here, and no other', () => {
    expect(blocks).toEqual(files.map((file) => readFileSync(new URL(file, snippets), 'utf8')));
  });
});
