import { execSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const installed = new URL('./node_modules/.package-lock.json', import.meta.url);
const wanted = new URL('./package-lock.json', import.meta.url);

/** Installs what is missing, and builds the page. */
export function prepare(): void {
  const run = (command: string) => execSync(command, { cwd: import.meta.dirname, stdio: 'inherit' });
  if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
    console.log('Installing Angular, once …');
    run('npm ci --silent');
  }
  run('npm run build --silent');
}
