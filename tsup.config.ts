import { globSync } from 'node:fs';
import { defineConfig } from 'tsup';

const publicEntries = [
  'operators/index',
  'models/index',
  'agents/index',
  'agents/fileStore',
  'agents/sqliteStore',
  'web/index',
  'web/node',
  'integrations/bullmq',
  'integrations/mcp',
  'integrations/redis',
  'providers/openai',
  'providers/openaiChat',
  'providers/anthropic',
  'providers/ollama',
  'testing/index',
  'testing/recordFetch',
  'testing/replayFetch',
];
const toEntries = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, `${name}.ts`]));
const entry = { index: 'src/index.ts', ...toEntries(publicEntries) };

/**
 * The import path is the folder path: `rxllm/providers/openai` is `providers/openai.ts`.
 *
 * Every operator is an entry, so that it gets a file of its own and bundlers can leave the others out.
 */
export default defineConfig({
  entry: { ...entry, ...toEntries(globSync('operators/*.ts').map((file) => file.replace(/\.ts$/, ''))) },
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
