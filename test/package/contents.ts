import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Bytes of the packed tarball; half of them are source maps. */
const largestTarball = 750_000;
/** Licences that ask nothing of whoever uses the library, beyond keeping their text. */
const licences = ['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'BlueOak-1.0.0'];
const ownSource = /^(?:\.\.\/)+(?:src|operators|providers|models|agents|web|integrations|testing)\//;

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly license?: string;
  readonly peerDependencies?: Record<string, string>;
}

interface SourceMap {
  readonly sources: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
}

const readJson = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;

/** Checks what whoever installs the package in `folder` gets by a tarball of `size` bytes. */
export function checkContents(folder: string, size: number): void {
  const root = join(folder, 'node_modules', 'rxllm');
  const manifest = readJson(join(root, 'package.json')) as Manifest;
  const files = globSync('**/*.*', { cwd: join(root, 'dist') }).map((file) => `dist/${file}`);

  assert.ok(size <= largestTarball, `the tarball has ${size} bytes, at most ${largestTarball} are allowed`);
  assert.deepEqual(readdirSync(root).sort(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'package.json',
  ]);
  assert.deepEqual(
    files.filter((file) => !/\.(?:js|js\.map|d\.ts)$/.test(file)),
    [],
    'only code, its types and its source maps are packed',
  );
  for (const target of Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  ))
    assert.ok(existsSync(join(root, target)), `exports: ${target} is missing`);

  for (const file of files) {
    if (file.endsWith('.map')) checkSourceMap(file, readJson(join(root, file)) as SourceMap);
    else checkImports(file, readFileSync(join(root, file), 'utf8'), manifest);
    if (file.endsWith('.js')) assert.ok(files.includes(`${file}.map`), `${file} has no source map`);
  }
  checkLicences(folder, manifest);
}

/** Every line comes from this project, so that no notice of others is due; and a debugger can show it. */
function checkSourceMap(file: string, { sources, sourcesContent }: SourceMap): void {
  sources.forEach((source, index) => {
    assert.match(
      source,
      ownSource,
      `${file}: code of others is bundled, which needs their licence: ${source}`,
    );
    assert.ok(sourcesContent?.[index], `${file}: ${source} is named and not in the map`);
  });
}

/** What is imported is declared; what is not, works only by chance. */
function checkImports(file: string, code: string, { dependencies, peerDependencies }: Manifest): void {
  const declared = Object.keys({ ...dependencies, ...peerDependencies });
  for (const { fileName: name } of ts.preProcessFile(code).importedFiles) {
    const known =
      /^(?:\.|node:)/.test(name) || declared.some((one) => name === one || name.startsWith(`${one}/`));
    assert.ok(known, `${file} imports ${name}, which package.json does not name`);
  }
}

/** What is installed with the library, and the packages that users may add, have licences that allow all use. */
function checkLicences(folder: string, { peerDependencies }: Manifest): void {
  const installed = globSync('node_modules/{*,@*/*}/package.json', { cwd: folder }).map((file) =>
    join(folder, file),
  );
  const peers = Object.keys(peerDependencies ?? {}).map((name) => join('node_modules', name, 'package.json'));
  for (const file of [...installed, ...peers]) {
    const { license = 'none' } = readJson(file) as Manifest;
    assert.ok(licences.includes(license), `${file}: the licence is ${license}`);
  }
}

/** On npm, a link of the README leads to the repository: what it names must be there. */
export function checkReadmeLinks(): void {
  for (const [, target = ''] of readFileSync('README.md', 'utf8').matchAll(/\]\(([^)\s#]+)/g))
    assert.ok(target.startsWith('https:') || existsSync(target), `README.md: ${target} does not exist`);
}
