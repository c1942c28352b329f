import { describe } from 'vitest';
import { shareRun } from '../../operators/shareRun.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

describe('shareRun', () => {
  behavesAsOperator('shareRun', () => shareRun());

  it('replays what has come to a late subscriber, with one request for all', (m) => {
    const source = m.cold('  s-a-----b-f|', chunks);
    const late = '           ---^';
    const expected = '       s-a-----b-f|';
    const expectedLate = '   ---(sa)-b-f|';
    const run = source.pipe(shareRun());

    m.expect(run).toBeObservable(expected, chunks);
    m.expect(run, late).toBeObservable(expectedLate, chunks);
    m.expect(source).toHaveSubscriptions('^----------!');
  });

  it('replays a run that is over, and an error', (m) => {
    const done = m.cold('sf|', chunks).pipe(shareRun());
    const failed = m.cold('s#', chunks).pipe(shareRun());
    const late = '------^';

    m.expect(done).toBeObservable('sf|', chunks);
    m.expect(done, late).toBeObservable('------(sf|)', chunks);
    m.expect(failed).toBeObservable('s#', chunks);
    m.expect(failed, late).toBeObservable('------(s#)', chunks);
  });

  it('aborts the request when the last subscriber leaves, and makes a new one for the next', (m) => {
    const source = m.cold('s-a-b-f|', chunks);
    const run = source.pipe(shareRun());

    m.expect(run, '^--!').toBeObservable('s-a', chunks);
    m.expect(run, '^---!').toBeObservable('s-a', chunks);
    m.expect(run, '------^').toBeObservable('------s-a-b-f|', chunks);
    m.expect(source).toHaveSubscriptions(['^---!', '------^------!']);
  });
});
