import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as {
  exports: Record<string, { types?: string }>;
};

/** The sources of what the package's `exports` name. */
export const entries = Object.values(manifest.exports)
  .flatMap(({ types = [] }) => types)
  .map((types) => (types === './dist/index.d.ts' ? './dist/src/index.d.ts' : types))
  .map((types) => types.replace('./dist/', root).replace(/\.d\.ts$/, '.ts'));
