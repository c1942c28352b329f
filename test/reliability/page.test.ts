import { expect, it } from 'vitest';
import { readPage } from './page.ts';

it('docs/reliability.md says what the faults are expected to do', async () => {
  const { is, should } = await readPage();

  expect(is, 'run npm run docs:reliability').toBe(should);
});
