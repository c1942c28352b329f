import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the built site. */
export const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** The path at which the site stands on its host. */
export const base = process.env['DOCS_BASE'] ?? '/';

/** The pages of the built site, as paths in its folder, without the one for paths that lead nowhere. */
export const pages = globSync('**/*.html', { cwd: dist })
  .filter((page) => page !== '404.html')
  .sort();

/** Says what is wrong, and that the check has failed. */
export function report(problems: readonly string[]): void {
  if (problems.length > 0) process.exitCode = 1;
  for (const problem of problems) console.error(problem);
}
