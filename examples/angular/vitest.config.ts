import { defineConfig } from 'vitest/config';

/** Tests of the whole: the page in a real Chromium, its server, the SDK, and a server that plays the model. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: ['e2e/setup.ts'],
    expect: { requireAssertions: true },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Browsers in parallel would be as slow, and late.
    fileParallelism: false,
  },
});
