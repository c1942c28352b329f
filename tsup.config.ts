import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'tsup';

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly exports: Record<string, string | { readonly default: string }>;
};

/** The files behind the `exports` of package.json: `./dist/web/node.js` is `web/node.ts`, and `./dist/index.js` that of `src`. */
const entry: Record<string, string> = {};
for (const target of Object.values(manifest.exports)) {
  const [, name] = typeof target === 'object' ? (/^\.\/dist\/(.*)\.js$/.exec(target.default) ?? []) : [];
  if (name !== undefined) entry[name] = name === 'index' ? 'src/index.ts' : `${name}.ts`;
}

/** Every operator is an entry, so that it gets a file of its own and bundlers can leave the others out. */
const operators: Record<string, string> = {};
for (const file of globSync('operators/*.ts')) operators[file.replace('.ts', '')] = file;

/** The import path is the folder path: `rxllm/providers/openai` is `providers/openai.ts`. */
export default defineConfig({
  entry: { ...operators, ...entry },
  format: 'esm',
  dts: { entry },
  splitting: true,
  clean: true,
  sourcemap: true,
  target: 'es2022',
  platform: 'neutral',
  // `node:sqlite` has no other name.
  removeNodeProtocol: false,
  external: [/^node:/],
});
