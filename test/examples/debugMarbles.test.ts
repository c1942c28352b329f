import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { notificationsOf, readXml } from '../testing/xml.ts';
import { runExample } from './runExample.ts';

const folder = mkdtempSync(join(tmpdir(), 'marbles-'));
const picture = join(folder, 'marbles.svg');

afterAll(() => rmSync(folder, { recursive: true }));

describe('examples/debugMarbles.ts', () => {
  it('prints the diagram of a stream that is tried again, and draws the same', async () => {
    const { stdout, stderr, code } = await runExample('debugMarbles.ts', { args: [picture] });
    const lanes = stdout.match(/^ {2}joke {2}.*$/gm)?.join('') ?? '';

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}R {2}restart attempt 2 maxAttempts 3 .*"Overloaded"/m);
    expect(lanes.replaceAll(/ joke | \d+ms |[-() ]/g, '')).toBe('sAmrRstTabIwcdef|');
    expect(stdout).toMatch(/\n\nTwo marbles meet\. It was a round table\.\n$/);
    expect(stderr).toContain(`The picture is in ${picture}`);
    expect(notificationsOf(readXml(readFileSync(picture, 'utf8')))).toHaveLength(17);
  });

  it('says what is wrong with the path of the picture', async () => {
    const { stderr, code } = await runExample('debugMarbles.ts', {
      args: [join(folder, 'no', 'marbles.svg')],
    });

    expect(stderr).toContain('ENOENT');
    expect(code).toBe(1);
  });
});
