import { stripTypeScriptTypes } from 'node:module';
import { expect } from 'vitest';
import * as rxllm from '../../src/index.ts';
import * as kit from '../../testing/index.ts';

/** Runs a test that was written for vitest here and now, with that log as its file. */
export function runGenerated(source: string, log: string): void {
  const code = stripTypeScriptTypes(source)
    .replaceAll(/^import .*\n/gm, '')
    .replace(/new URL\((.*), import\.meta\.url\)/, '$1');
  const tests: (() => void)[] = [];
  const names = {
    ...rxllm,
    ...kit,
    expect,
    readFileSync: () => log,
    it: (_: string, body: () => void) => tests.push(body),
  };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- It is what was generated.
  const load = new Function(...Object.keys(names), code) as (...values: readonly unknown[]) => void;
  load(...Object.values(names));
  expect(tests).toHaveLength(1);
  tests.forEach((each) => each());
}
