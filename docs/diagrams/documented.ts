import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('../../', import.meta.url));

/** The files of functions that have a page: what operators are, and what is applied to a model as they are to a stream. */
export const documented: readonly string[] = [
  ...globSync('operators/*.ts', { cwd }).filter((file) => basename(file) !== 'index.ts'),
  ...['pipeModel', 'fallbackTo', 'raceModels', 'hedge', 'streamBatch'].map((name) => `models/${name}.ts`),
  ...['agent', 'collectRun'].map((name) => `agents/${name}.ts`),
];
