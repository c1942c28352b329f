import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const read = (file: string) => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const page = read('CONTRIBUTING.md');
const blocks = new Map(
  Array.from(page.matchAll(/^`([^`\n]+)`:\n\n(`{3,})ts\n(.*?)^\2$/gms), ([, path = '', , code = '']) => [
    path,
    code,
  ]),
);

/** A template as it reads in the place where it is copied to. */
function asCopied(path: string): string {
  const home = dirname(join('test/template', path));
  return read(join('test/template', path)).replace(/(?<= from ')\.[^']+/g, (specifier) => {
    const target = join(home, specifier).replace(/^test\/template\//, '');
    const copied = relative(dirname(path), target);
    return copied.startsWith('.') ? copied : `./${copied}`;
  });
}

describe('CONTRIBUTING.md', () => {
  it('shows the templates, as they are compiled and run here', () => {
    const templates = globSync('test/template/**/*.ts', {
      // It runs the contract, which copies run by themselves.
      exclude: ['test/template/test/providers/parrot.test.ts'],
    }).map((file) => relative('test/template', file));

    expect(Object.fromEntries(blocks)).toEqual(
      Object.fromEntries(templates.map((path) => [path, asCopied(path)])),
    );
  });

  it('shows how a provider takes the client of its SDK', () => {
    const [, excerpt = ''] = /From `providers\/openaiChat\.ts`:\n\n```ts\n(.*?)```/s.exec(page) ?? [];

    expect(excerpt).toContain('lazyClient(');
    expect(read('providers/openaiChat.ts')).toContain(excerpt.replaceAll(/^(?=.)/gm, '  '));
  });
});
