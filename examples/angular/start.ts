/** Installs what is missing, builds the page, and starts the server: `npm run example:angular`. */
import { execSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const run = (command: string) => execSync(command, { cwd: import.meta.dirname, stdio: 'inherit' });
const changed = (file: string) => statSync(new URL(file, import.meta.url)).mtimeMs;
const installed = './node_modules/.package-lock.json';

if (!existsSync(new URL(installed, import.meta.url)) || changed(installed) < changed('./package-lock.json')) {
  console.log('Installing Angular, once …');
  run('npm ci --silent');
}
run('npm run build --silent');
await import('./server/main.ts');
