import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const guide = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');
const blocks = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
const snippets = new URL('snippets/', import.meta.url);
const files = globSync('*.test.ts', { cwd: snippets }).sort();

describe('docs/testing.md', () => {
  it.each(files)('shows %s as it runs here', (file) => {
    expect(blocks).toContain(readFileSync(new URL(file, snippets), 'utf8'));
  });

  it('shows no code that does not run here', () => {
    expect(blocks).toHaveLength(files.length);
  });

  it('needs at most 15 lines for a test of two rounds', () => {
    const [, test = ''] = blocks[0]?.split(/^(?=it\()/m) ?? [];

    expect(test.trim().split('\n').length).toBeLessThanOrEqual(15);
  });
});
