import { describe, expect, it as vitestIt } from 'vitest';
import { accumulateText } from '../../operators/accumulateText.ts';
import { type ChunkValues, finish, restart, thinking, usage } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const values: ChunkValues = {
  s: { type: 'start' },
  t: thinking('t'),
  u: usage({}),
  f: finish(),
  r: restart(),
};

describe('accumulateText', () => {
  behavesAsOperator('accumulateText', () => accumulateText());

  it('emits the text so far at each piece of text', (m) => {
    const source = m.coldChunks('s-a-t-u-b-f|', values);
    const expected = '           --a-----b--|';

    m.expect(source.pipe(accumulateText())).toBeObservable(expected, { a: 'a', b: 'ab' });
  });

  it('takes back the text of a call that is void', (m) => {
    const source = m.coldChunks('s-a-b-r-s-c-f|', values);
    const expected = '           --a-b-n---c--|';

    m.expect(source.pipe(accumulateText())).toBeObservable(expected, { a: 'a', b: 'ab', n: '', c: 'c' });
  });

  it('is silent at a restart that takes back nothing', (m) => {
    m.expect(m.coldChunks('s-r-s-a-f|', values).pipe(accumulateText())).toBeObservable('------a--|', {
      a: 'a',
    });
  });

  it('joins the calls of a run, and takes back only the last of them', (m) => {
    const source = m.coldChunks('s-a-f-s-b-r-s-c-f|', values);
    const expected = '           --a-----b-n---c--|';

    m.expect(source.pipe(accumulateText())).toBeObservable(expected, { a: 'a', b: 'ab', n: 'a', c: 'ac' });
  });

  it('takes nothing back when the next call is tried again before it began', (m) => {
    const source = m.coldChunks('s-a-f-r-s-b-f|', values);

    m.expect(source.pipe(accumulateText())).toBeObservable('--a-------b--|', { a: 'a', b: 'ab' });
  });

  it("begins anew at each call with scope 'call'", (m) => {
    const source = m.coldChunks('s-a-f-s-b-f|', values);

    m.expect(source.pipe(accumulateText({ scope: 'call' }))).toBeObservable('--a-----b--|', {
      a: 'a',
      b: 'b',
    });
  });

  vitestIt('throws at the call for an unknown scope', () => {
    expect(() => accumulateText({ scope: 'all' as never })).toThrow(
      'accumulateText: scope must be call, run, not all',
    );
  });
});
