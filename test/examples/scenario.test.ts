import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { playScript, scenarios } from '../../examples/scenario.ts';

describe('examples/scenario.ts', () => {
  it.each(scenarios)('$name', (scenario) => {
    expect(playScript(scenario)).toEqual([]);
  });

  it('tells what did not come true', () => {
    const [scenario] = scenarios;
    const then = { calls: [/time/], says: /snow/ };

    expect(scenario && playScript({ ...scenario, then })).toEqual([
      'calls /time/, but called weather {"city":"Bern"}',
      'says /snow/, but said It is sunny in Bern.',
    ]);
  });

  it('prints the table', () => {
    const sources = new URL('sources.ts', import.meta.url).href;
    const example = new URL('../../examples/scenario.ts', import.meta.url).pathname;
    const printed = execFileSync(process.execPath, ['--import', sources, example], {
      encoding: 'utf8',
      env: { ...process.env, RXLLM_LIVE: '' },
    });

    expect(printed).toBe(['On the script:', ...scenarios.map(({ name }) => `✓ ${name}`), ''].join('\n'));
  });
});
