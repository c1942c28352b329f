import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** The parts that replay real bytes are entries of their own and run in real time. */
const suites = globSync('*.test.ts', { cwd: import.meta.dirname }).filter(
  (file) => !/^(fetch|recordFetch|replayFetch|noClock)/.test(file),
);

describe('rxllm/testing', () => {
  it.each(suites)('runs %s where every clock throws', (file) => {
    expect(readFileSync(`${import.meta.dirname}/${file}`, 'utf8')).toMatch(/^forbidClocks\(\);$/m);
  });
});
