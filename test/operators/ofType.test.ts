import { describe, expect, expectTypeOf, it as vitestIt } from 'vitest';
import type { Observable } from 'rxjs';
import { ofType } from '../../operators/ofType.ts';
import type { FinishChunk, UsageChunk } from '../../src/index.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const { a, b, u, f } = chunks;

describe('ofType', () => {
  behavesAsOperator('ofType', () => ofType('text-delta', 'finish'));

  it('passes on chunks of the type alone', (m) => {
    const source = m.cold('s-a-t-b-u-f|', chunks);
    const expected = '     --a---b----|';

    m.expect(source.pipe(ofType('text-delta'))).toBeObservable(expected, { a, b });
  });

  it('passes on chunks of several types in their order', (m) => {
    const source = m.cold('s-a-u-b-u-f|', chunks);
    const expected = '     ----u---u-f|';

    m.expect(source.pipe(ofType('finish', 'usage'))).toBeObservable(expected, { u, f });
  });

  it('narrows the chunks to those types', (m) => {
    const result = m.cold('u|', chunks).pipe(ofType('usage', 'finish'));

    expectTypeOf(result).toEqualTypeOf<Observable<UsageChunk | FinishChunk>>();
    m.expect(result).toBeObservable('u|', { u });
  });

  vitestIt('throws at the call for a type that does not exist', () => {
    expect(() => ofType('text' as never)).toThrow(/^ofType: types must be start, .*, not text$/u);
  });
});
