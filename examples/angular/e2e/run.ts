/** Builds the page and tests it in a browser, where there is what that takes; installs nothing. */
import { spawnSync } from 'node:child_process';
import { build, isInstalled } from '../prepare.ts';
import { findChromium } from './chromium.ts';

if (findChromium() === undefined) {
  console.log(
    'No browser, no tests of the chat in Angular: install Chromium (apt-get install chromium) or set CHROMIUM to its program.',
  );
} else if (!isInstalled()) {
  console.log('No Angular, no tests of the chat in Angular: npm --prefix examples/angular ci');
} else {
  build();
  // The compiler of Angular sees only the page.
  process.exitCode = run('tsc') || run('vitest', 'run', ...process.argv.slice(2));
}

function run(program: string, ...options: readonly string[]): number {
  const cwd = new URL('..', import.meta.url);
  return spawnSync(program, options, { cwd, stdio: 'inherit' }).status ?? 1;
}
