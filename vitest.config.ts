import { defineConfig } from 'vitest/config';

const root = import.meta.dirname;

export default defineConfig({
  // Examples import the library by its name; here that is the sources.
  resolve: {
    alias: [
      { find: /^rxllm$/, replacement: `${root}/src/index.ts` },
      { find: /^rxllm\/(operators|models|testing)$/, replacement: `${root}/$1/index.ts` },
      { find: /^rxllm\/(.+)$/, replacement: `${root}/$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    expect: { requireAssertions: true },
    coverage: {
      provider: 'v8',
      include: ['{src,operators,providers,models}/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 95 },
    },
  },
});
