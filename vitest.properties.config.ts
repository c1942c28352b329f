import { defineConfig } from 'vitest/config';

/** The property tests and the check of every regular expression, apart from the others since they take their time: `npm run properties`, `npm run fuzz`. */
export default defineConfig({
  test: {
    include: ['test/properties/**/*.test.ts', 'test/security/regularExpressions.test.ts'],
    expect: { requireAssertions: true },
    testTimeout: 3_600_000,
  },
});
