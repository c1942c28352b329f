import { catchError, of } from 'rxjs';
import type { RxllmError } from 'rxllm';
import { accumulateText, interruptOn, retryStream, withTimeout } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const limit = withTimeout({ first: 4 });
const again = retryStream({ count: 1, delay: 4, random: () => 0 });

it(
  'retries what was too slow: the limit stands before the retry',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['---------', '--H-i|']);

    expectObservable(model.stream('Hello').pipe(limit, again, accumulateText())).toBe('--------a-b|', {
      a: 'H',
      b: 'Hi',
    });
    flush();
    expect(model.calls).toHaveLength(2);
  }),
);

it(
  'gives up instead, where the limit stands behind the retry',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const model = fakeModel(['---------', '--H-i|']);

    const text$ = model.stream('Hello').pipe(
      again,
      limit,
      accumulateText(),
      catchError((error: RxllmError) => of(error.name)),
    );

    expectObservable(text$).toBe('----(e|)', { e: 'StreamTimeoutError' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);

it(
  'stops while it waits for its second attempt: the stop stands behind the retry',
  inVirtualTime(({ fakeModel, hot, expectObservable, flush }) => {
    const model = fakeModel(['--H-#', '--H-i|']);
    const click$ = hot('-----x');

    const text$ = model.stream('Hello').pipe(again, interruptOn(click$), accumulateText());

    expectObservable(text$).toBe('--H-x|', { H: 'H', x: '' });
    flush();
    expect(model.calls).toHaveLength(1);
  }),
);
