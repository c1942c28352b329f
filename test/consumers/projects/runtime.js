// For Node, Deno and Bun: every entry loads, also those whose packages are not installed; then the providers speak.
import manifest from 'rxllm/package.json' with { type: 'json' };
import { ask } from './ask.js';

for (const path of Object.keys(manifest.exports).filter((path) => path !== './package.json')) {
  const names = Object.keys(await import(`rxllm${path.slice(1)}`));
  if (names.length === 0) throw new Error(`${path} exports nothing`);
}

ask(process.argv[2]).subscribe((line) => console.log(line));
