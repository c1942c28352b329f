import { describe, expect, it } from 'vitest';
import { runExample } from './runExample.ts';

describe('npm run example -- tracing', { timeout: 30_000 }, () => {
  it('answers, and draws what it did as a tree of spans', async () => {
    const { stdout, stderr, code } = await runExample('tracing.ts');
    const [said, drawn = ''] = stdout.split('\n\n');
    const names = drawn
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 36).trimEnd());

    expect(code).toBe(0);
    expect(said).toBe('I look both up.\nTake the raincoat: it rains in Bern, and Oslo has snow.');
    expect(names).toEqual([
      'invoke_agent guide',
      '  chat gpt-5-mini',
      '  execute_tool weather',
      '    read Bern',
      '  execute_tool weather',
      '    read Oslo',
      '  chat gpt-5-mini',
      '  execute_tool transfer_to_packing',
      '  invoke_agent packing',
      '    chat gpt-5-mini',
    ]);
    expect(drawn).toMatch(/━ +\d+ ms, \d+ \+ \d+ tokens\n/);
    expect(stderr).toMatch(/^What do I pack for Bern and Oslo\?$/m);
  });
});
