import { writeFileSync } from 'node:fs';
import { readPage } from './page.ts';

const { path, is, should } = await readPage();
if (is === should) console.log('docs/reliability.md is up to date');
else {
  writeFileSync(path, should);
  console.log('docs/reliability.md has been written');
}
