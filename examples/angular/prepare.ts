import { execSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const installed = new URL('./node_modules/.package-lock.json', import.meta.url);
const wanted = new URL('./package-lock.json', import.meta.url);
const run = (command: string) => execSync(command, { cwd: import.meta.dirname, stdio: 'inherit' });

/** Whether there is what the lock file wants. */
export function isInstalled(): boolean {
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

export function install(): void {
  console.log('Installing Angular, once …');
  run('npm ci --silent');
}

/** Builds the page. */
export function build(): void {
  run('npm run build --silent');
}
