import { describe } from 'vitest';
import { dropThinking } from '../../operators/dropThinking.ts';
import { verifyGrammar } from '../../../../operators/verifyGrammar.ts';
import { StreamInterruptedError } from '../../../../src/errors.ts';
import { type ChunkValues, restart, text, thinking, toolCall } from '../../../../testing/index.ts';
import { behavesAsOperator } from '../../../contract.ts';
import { it } from '../../../marbles.ts';

/** A letter without a value is a piece of text; blocks are numbered and `finish` is added by themselves. */
const values: ChunkValues = {
  s: { type: 'start' },
  t: thinking('t'),
  v: thinking('v'),
  r: restart(),
  c: toolCall('weather', { city: 'Bern' }, 'call_0'),
};

describe('dropThinking', () => {
  behavesAsOperator('dropThinking', () => dropThinking());

  it('leaves thinking out and numbers the other blocks anew', (m) => {
    const source = m.coldChunks('s-a-t-v-b-c-|', values);
    const expected = '           s-a-----b-c-|';

    m.expectChunks(source.pipe(dropThinking(), verifyGrammar())).toBe(expected, {
      ...values,
      b: { ...text('b'), block: 1 },
    });
  });

  it('begins to number again at a retry', (m) => {
    const source = m.coldChunks('s-ta-r-s-a-|', values);
    const expected = '           s--a-r-s-a-|';

    m.expectChunks(source.pipe(dropThinking(), verifyGrammar())).toBe(expected, values);
  });

  it('fails with the partial as it was seen here', (m) => {
    const source = m.coldChunks('s-ta-#', values);
    const expected = '           s--a-#';
    const error = (details: object) => new StreamInterruptedError('The stream broke off', details);

    m.expectChunks(source.pipe(dropThinking())).toBe(expected, values, error);
  });

  it('unsubscribes from the source when unsubscribed from', (m) => {
    const source = m.coldChunks('s-ta-b-', values);
    const unsub = '             ^----!';

    m.expectChunks(source.pipe(dropThinking()), unsub).toBe('s--a', values);
    m.expect(source).toHaveSubscriptions(unsub);
  });
});
