/** Runs an example by its name, or lists them. */
import { globSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithReader } from './start/endWithReader.ts';

// One file is one example; a folder is one, too, by its main.ts.
const files = globSync(['*.ts', '*/main.ts'], { cwd: import.meta.dirname })
  .filter((file) => file !== basename(import.meta.filename))
  .sort();
const examples = new Map(files.map((file) => [nameOf(file), new URL(file, import.meta.url)]));

const [name = '', ...rest] = process.argv.slice(2);
const example = examples.get(name);

if (example) {
  process.argv = [process.execPath, fileURLToPath(example), ...rest];
  await import(example.href);
} else {
  endWithReader();
  if (name !== '') console.error(`There is no example ${name}. There are:\n`);
  const width = Math.max(...[...examples.keys()].map(({ length }) => length));
  for (const [other, url] of examples) console.log(`  ${other.padEnd(width)}  ${firstComment(url)}`);
  console.log('\nnpm run example -- <name> runs one. npm run example:angular serves a whole app.');
  process.exitCode = name === '' ? 0 : 1;
}

function nameOf(file: string): string {
  return basename(file) === 'main.ts' ? dirname(file) : basename(file, '.ts');
}

/** Every example begins with a comment of one line that says what it shows. */
function firstComment(url: URL): string {
  const [first = '', second = ''] = readFileSync(url, 'utf8').split('\n', 2);
  return (first.length > 3 ? first : second).replace('/**', '').replace('*/', '').replace(/^ \* /, '').trim();
}
