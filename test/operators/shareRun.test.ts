import { describe } from 'vitest';
import { shareRun } from '../../operators/shareRun.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

describe('shareRun', () => {
  behavesAsOperator('shareRun', () => shareRun());

  it('replays what has come to a late subscriber, with one request for all', (m) => {
    const source = m.coldChunks('--a-----b-|');
    const late = '               ---^';
    const expected = '           --a-----b-|';
    const expectedLate = '       ---a----b-|';
    const run = source.pipe(shareRun());

    m.expectChunks(run).toBe(expected);
    m.expectChunks(run, late).toBe(expectedLate);
    m.expect(source).toHaveSubscriptions('^---------!');
  });

  it('replays a run that is over, and an error', (m) => {
    const done = m.coldChunks('ab|').pipe(shareRun());
    const failed = m.coldChunks('a#').pipe(shareRun());
    const late = '------^';

    m.expectChunks(done).toBe('ab|');
    m.expectChunks(done, late).toBe('------(ab|)');
    m.expectChunks(failed).toBe('a#');
    m.expectChunks(failed, late).toBe('------(a#)');
  });

  it('aborts the request when the last subscriber leaves, and makes a new one for the next', (m) => {
    const source = m.coldChunks('--a-b-|');
    const run = source.pipe(shareRun());

    m.expectChunks(run, '^--!').toBe('--a');
    m.expectChunks(run, '^---!').toBe('--a');
    m.expectChunks(run, '------^').toBe('--------a-b-|');
    m.expect(source).toHaveSubscriptions(['^---!', '------^-----!']);
  });
});
