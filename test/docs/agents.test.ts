import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/agents.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const snippets = new URL('snippets/agents/', import.meta.url);
const files = globSync('*.test.ts', { cwd: snippets }).sort();

describe('docs/agents.md', () => {
  it('shows the code that runs here, and no other', () => {
    expect(blocks).toEqual(files.map((file) => readFileSync(new URL(file, snippets), 'utf8')));
  });
});
