import { existsSync, readFileSync } from 'node:fs';

const packages = new URL('../../../bench/node_modules/', import.meta.url);

/** Whether the packages that only the benchmark needs are installed. */
export const isBenchInstalled = existsSync(packages);

type Entry = string | { readonly [condition: string]: Entry };

/** A package of the benchmark; its types are the caller's word. */
export async function importFromBench<T>(name: string): Promise<T> {
  const folder = new URL(`${name}/`, packages);
  const manifest = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as {
    readonly exports: Readonly<Record<string, Entry>>;
  };
  let entry = manifest.exports['.'];
  while (typeof entry === 'object') entry = entry['import'] ?? entry['default'];
  return import(/* @vite-ignore */ new URL(entry ?? 'index.js', folder).href) as Promise<T>;
}
