import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { findChromium } from './test/browser/chromium.ts';

/** The tests that run in a real browser: `npm run test:browser`. */
export default defineConfig({
  resolve: { tsconfigPaths: true },
  // Found at first use, they would make the page load anew in the middle of a test.
  optimizeDeps: {
    include: ['rxjs', 'openai', '@anthropic-ai/sdk', 'ollama', 'eventsource-parser', 'zod'],
  },
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/browser/server.ts'],
    expect: { requireAssertions: true },
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: { executablePath: findChromium() ?? '', args: ['--no-sandbox'] },
      }),
      instances: [{ browser: 'chromium' }],
    },
  },
});
