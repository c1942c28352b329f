import { defineConfig } from 'vitest/config';

/** Tests of the whole: the page in a real Chromium, its server, the SDK, and a server that plays the model. */
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    expect: { requireAssertions: true },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Browsers side by side would only be slower.
    fileParallelism: false,
    // The clock of a busy machine decides more than the page.
    retry: process.env['CI'] ? 2 : 0,
  },
});
