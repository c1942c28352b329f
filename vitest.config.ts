import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // Guides and examples import the library by its name; here that is the sources.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    // What takes long is `npm run properties`, what needs a browser `npm run test:browser`.
    exclude: [
      'test/properties/**',
      'test/browser/**',
      'test/security/regularExpressions.test.ts',
      ...configDefaults.exclude,
    ],
    expect: { requireAssertions: true },
    coverage: {
      provider: 'v8',
      include: ['{src,operators,providers,models,agents,web,integrations,testing}/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: { statements: 95, branches: 95 },
    },
  },
});
