import { readFileSync } from 'node:fs';
import type { DocumentedFunction } from './readSource.ts';

const root = new URL('../../', import.meta.url);
const exported = (file: string) =>
  new Set([...readFileSync(new URL(file, root), 'utf8').matchAll(/\b[A-Za-z]\w+\b/g)].map(([name]) => name));
const entries = [
  { names: exported('operators/index.ts'), page: '../api/rxllm/operators.md' },
  { names: exported('models/index.ts'), page: '../api/rxllm/models.md' },
  { names: exported('agents/index.ts'), page: '../api/rxllm/agents.md' },
  { names: exported('src/index.ts'), page: '../api/rxllm.md' },
];

/** The words of a doc comment as Markdown: its links lead to the page of that name, or to the reference. */
export function toMarkdown(words: string, pages: readonly DocumentedFunction[]): string {
  return words.replaceAll(/\{@link\s+([\w.]+)\s*\}/g, (_, name: string) => linkTo(name, pages));
}

/** A name with a link to where it is explained, if there is such a place. */
export function linkTo(name: string, pages: readonly DocumentedFunction[]): string {
  if (pages.some((page) => page.name === name)) return `[\`${name}\`](./${name}.md)`;
  return linkToReference(name);
}

/** A name with a link to the reference, if it is there. */
export function linkToReference(name: string): string {
  const [first = name] = name.split('.');
  const entry = entries.find(({ names }) => names.has(first));
  return entry ? `[\`${name}\`](${entry.page}#${first.toLowerCase()})` : `\`${name}\``;
}

/** Words in a cell of a table. */
export function toCell(words: string): string {
  const [first = '', ...others] = words.split(/\n\s*\n/);
  return [first, ...others]
    .map((paragraph) => paragraph.replace(/^- /gm, '<br>• ').replaceAll('\n', ' ').replaceAll('|', '\\|'))
    .join('<br>');
}

/** Code in a cell of a table. */
export function toCodeCell(code: string): string {
  return code === '' ? '' : `\`${code.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|')}\``;
}
