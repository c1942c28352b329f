import { describe } from 'vitest';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { ErrorChunk } from '../../src/index.ts';
import { emptyPartial, ProviderError } from '../../src/errors.ts';
import { chunks } from '../chunks.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const details = { provider: 'test', requestId: 'r1', status: 529, code: 'overloaded', retryable: true };
const partial = { ...emptyPartial, text: 'a' };

describe('errorsToChunks', () => {
  behavesAsOperator('errorsToChunks', () => errorsToChunks(), { catchesErrors: true });

  it('passes a stream without an error on as it is', (m) => {
    const source = m.cold('s-a-u-f|', chunks);

    m.expect(source.pipe(errorsToChunks(), verifyGrammar())).toBeObservable('s-a-u-f|', chunks);
  });

  it('ends with the facts and the partial of an error of this library', (m) => {
    const error = new ProviderError('busy', {
      ...details,
      partial: () => partial,
      cause: new Error('socket'),
    });
    const e: ErrorChunk = {
      type: 'error',
      error: { name: 'ProviderError', message: 'busy', ...details, partial },
    };
    const source = m.cold('s-a-#', chunks, error);
    const expected = '     s-a-(e|)';

    m.expect(source.pipe(errorsToChunks(), verifyGrammar())).toBeObservable(expected, { ...chunks, e });
  });

  it('ends with name and message of any other error', (m) => {
    const e: ErrorChunk = {
      type: 'error',
      error: { name: 'TypeError', message: 'not a function', retryable: false },
    };
    const source = m.cold('s-#', chunks, new TypeError('not a function'));

    m.expect(source.pipe(errorsToChunks())).toBeObservable('s-(e|)', { ...chunks, e });
  });

  it('ends with what was thrown where that is no error', (m) => {
    const e: ErrorChunk = { type: 'error', error: { name: 'Error', message: 'oops', retryable: false } };

    m.expect(m.cold('#', chunks, 'oops').pipe(errorsToChunks())).toBeObservable('(e|)', { e });
  });
});
