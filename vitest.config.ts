import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  // Guides and examples import the library by its name; here that is the sources.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    // These have commands of their own: properties, test:browser, test:examples.
    exclude: [
      'test/properties/**',
      'test/security/regularExpressions.test.ts',
      'test/browser/**',
      'test/examples/**',
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
