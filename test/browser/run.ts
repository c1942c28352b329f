/** Runs the tests in a browser where there is one: `npm run test:browser`. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './chromium.ts';

const angular = 'examples/angular';

if (findChromium() === undefined) {
  console.log(
    'No browser, no browser tests: install Chromium (apt-get install chromium) or set CHROMIUM to its program.',
  );
} else {
  run('vitest', 'run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2));
  if (existsSync(`${angular}/node_modules`)) {
    run('npm', 'run', '--silent', 'build');
    run('npm', '--prefix', angular, 'test');
  } else {
    console.log(`No Angular, no tests of its example: npm --prefix ${angular} ci`);
  }
}

function run(program: string, ...args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = status ?? 1;
}
