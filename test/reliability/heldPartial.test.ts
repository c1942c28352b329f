import { concat, of, throwError } from 'rxjs';
import { expect, it } from 'vitest';
import { retryStream } from '../../operators/retryStream.ts';
import { emptyPartial, type RxllmError, StreamInterruptedError } from '../../src/errors.ts';
import { chunks } from '../chunks.ts';

const { s, a, f } = chunks;
const broken = new StreamInterruptedError('cut', { partial: () => ({ ...emptyPartial, text: 'a' }) });

it.each([
  ['that has been delivered is told', [s, a, f], 'a'],
  ['that is held is not', [s, a], ''],
])('behind hold the partial of a call %s', (_, call, text) => {
  let partial: RxllmError['partial'] | undefined;
  concat(
    of(...call),
    throwError(() => broken),
  )
    .pipe(retryStream({ count: 0, afterOutput: 'hold' }))
    .subscribe({ error: (error: RxllmError) => (partial = error.partial) });

  expect(partial?.text).toBe(text);
});
