/** Whoever searches the site for a public name finds its place: every export of every entry of the package. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import MiniSearch from 'minisearch';
import ts from 'typescript';
import { entries } from '../entries.ts';
import { dist, report } from './site.ts';

/** How many results the search of the site shows. */
const shown = 16;

const search = MiniSearch.loadJSON<{ title: string }>(await readIndex(), {
  fields: ['title', 'titles', 'text'],
  storeFields: ['title', 'titles'],
  // Those of VitePress' search box.
  searchOptions: { fuzzy: 0.2, prefix: true, boost: { title: 4, text: 2, titles: 1 } },
});

report(
  publicNames()
    .filter((name) => !isFound(name))
    .map((name) => `${name} is exported, but the search of the site does not find it`),
);

function isFound(name: string): boolean {
  const titles = search
    .search(name)
    .slice(0, shown)
    .map(({ title }) => title as string);
  return titles.some(
    (title) =>
      title
        .replace(/(&lt;|\().*/, '')
        .split(' ')
        .at(-1) === name,
  );
}

/** VitePress writes the index as JSON in a module. */
async function readIndex(): Promise<string> {
  const [file] = globSync('assets/chunks/@localSearchIndexroot.*.js', { cwd: dist });
  if (file === undefined) throw new Error('The site has no index of its search: build it first.');
  const { default: index } = (await import(pathToFileURL(join(dist, file)).href)) as { default: string };
  return index;
}

function publicNames(): string[] {
  const program = ts.createProgram(entries, {
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const names = entries.flatMap((entry) => {
    const file = program.getSourceFile(entry);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${entry} is not there.`);
    return checker.getExportsOfModule(module).map((symbol) => symbol.getName());
  });
  return [...new Set(names)].sort();
}
