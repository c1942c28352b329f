/** Says why this checkout cannot be released: `node test/package/release.ts v0.1.0 owner/name`. */
import { readFileSync } from 'node:fs';
import { problemsOfRelease, type ReleaseManifest } from './problemsOfRelease.ts';

const [, , tag = '', repository = ''] = process.argv;
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as ReleaseManifest;
const problems = problemsOfRelease(manifest, readFileSync('CHANGELOG.md', 'utf8'), tag, repository);

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
