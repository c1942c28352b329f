import { describe } from 'vitest';
import { errorsToChunks } from '../../operators/errorsToChunks.ts';
import { verifyGrammar } from '../../operators/verifyGrammar.ts';
import type { ErrorChunk } from '../../src/index.ts';
import { emptyPartial, ProviderError } from '../../src/errors.ts';
import { finish, usage } from '../../testing/index.ts';
import { behavesAsOperator } from '../contract.ts';
import { it } from '../marbles.ts';

const values = { u: usage({}), f: finish() };
const details = { provider: 'test', requestId: 'r1', status: 529, code: 'overloaded', retryable: true };
const partial = { ...emptyPartial, text: 'a' };

describe('errorsToChunks', () => {
  behavesAsOperator('errorsToChunks', () => errorsToChunks(), { catchesErrors: true });

  it('passes a stream without an error on as it is', (m) => {
    const source = m.coldChunks('-a-u-f|', values);

    m.expectChunks(source.pipe(errorsToChunks(), verifyGrammar())).toBe('-a-u-f|', values);
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
    const source = m.coldChunks('--a-#', {}, error);
    const expected = '           --a-(e|)';

    m.expectChunks(source.pipe(errorsToChunks(), verifyGrammar())).toBe(expected, { e });
  });

  it('ends with name and message of any other error', (m) => {
    const e: ErrorChunk = {
      type: 'error',
      error: { name: 'TypeError', message: 'not a function', retryable: false },
    };
    const source = m.coldChunks('-a-#', {}, new TypeError('not a function'));
    const expected = '           -a-(e|)';

    m.expectChunks(source.pipe(errorsToChunks())).toBe(expected, { e });
  });

  it('ends with what was thrown where that is no error', (m) => {
    const e: ErrorChunk = { type: 'error', error: { name: 'Error', message: 'oops', retryable: false } };

    m.expectChunks(m.coldChunks('#', {}, () => 'oops').pipe(errorsToChunks())).toBe('(e|)', { e });
  });
});
