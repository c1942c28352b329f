import { defineConfig } from 'vitest/config';

/** The tests that run the examples as programs: `npm run test:examples`. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/examples/**/*.test.ts'],
    expect: { requireAssertions: true },
  },
});
