import { defineConfig } from 'vitest/config';
import { findChromium } from './e2e/chromium.ts';

/** Tests of the whole: the page in a real Chromium, its server, the SDK, and a server that plays the model. */
export default defineConfig({
  root: import.meta.dirname,
  test: {
    // Without a browser nothing is installed, and so nothing can be loaded.
    include: findChromium() === undefined ? [] : ['e2e/**/*.test.ts'],
    passWithNoTests: true,
    globalSetup: ['e2e/setup.ts'],
    expect: { requireAssertions: true },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Browsers in parallel would be as slow, and late.
    fileParallelism: false,
  },
});
