import { defineConfig } from 'vitest/config';

/** What `npm run mutation` judges: the tests of the operators that run in virtual time, without network. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/{operators,models}/**/*.test.ts', 'test/reliability/longWaits.test.ts'],
    expect: { requireAssertions: true },
    // With instrumented code, and several at a time.
    testTimeout: 60_000,
  },
});
