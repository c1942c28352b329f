/** Writes `docs/operators/`: a page for each operator, and an overview. `node docs/diagrams/writePages.ts` */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { documented } from './documented.ts';
import { type DocumentedFunction, readFunction } from './readSource.ts';
import { writeOverview } from './writeOverview.ts';
import { writePage } from './writePage.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = `${root}docs/operators/`;

const pages: readonly DocumentedFunction[] = await Promise.all(
  documented.map(readFunction).map(forNarrowPages),
);
const sizes = measure();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const page of pages) {
  writeFileSync(`${folder}${page.name}.md`, writePage(page, { pages, size: sizes.get(page.name) }));
}
writeFileSync(`${folder}index.md`, writeOverview(pages, readFileSync(`${root}README.md`, 'utf8')));

/** Bytes by name, minified and compressed, where the library has been built. */
function measure(): ReadonlyMap<string, number> {
  if (!existsSync(`${root}dist/operators/index.js`)) return new Map();
  const command = `${root}node_modules/size-limit/bin.js`;
  try {
    const json = execFileSync(process.execPath, [command, '--json'], { cwd: root, encoding: 'utf8' });
    const all = JSON.parse(json) as readonly { readonly name: string; readonly size: number }[];
    return new Map(all.map(({ name, size }) => [name, size]));
  } catch {
    // A build that is not of these sources has other names.
    return new Map();
  }
}

/** Code in lines that a page has room for. */
async function forNarrowPages(page: DocumentedFunction): Promise<DocumentedFunction> {
  const formatted = (code: string, language: string) =>
    format(code, { parser: language, singleQuote: true, printWidth: 80 });
  return {
    ...page,
    signature: (await formatted(`declare ${page.signature}`, 'typescript')).trim(),
    examples: await Promise.all(page.examples.map((example) => formatted(example, 'markdown'))),
  };
}
