/** Runs the tests in a browser where there is one: `npm run test:browser`. */
import { spawnSync } from 'node:child_process';
import { findChromium } from './chromium.ts';

if (findChromium() === undefined) {
  console.log(
    'No browser, no browser tests: install Chromium (apt-get install chromium) or set CHROMIUM to its program.',
  );
} else {
  const { status } = spawnSync(
    'vitest',
    ['run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
}
