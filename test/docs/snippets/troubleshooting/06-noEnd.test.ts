import { accumulateText, withTimeout } from 'rxllm/operators';
import { catchError, of } from 'rxjs';
import type { StreamTimeoutError } from 'rxllm';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

it(
  'ends when the model has fallen silent',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    // The symptom: a server that keeps the connection open, and says nothing. There is no limit by default.
    const endless$ = fakeModel(['--H------']).stream('Say hi').pipe(accumulateText());
    expectObservable(endless$).toBe('--H------');

    // The remedy.
    const model = fakeModel(['--H------']);
    const text$ = model.stream('Say hi').pipe(
      withTimeout({ first: 20_000, each: 10_000, total: 300_000 }),
      accumulateText(),
      catchError(({ limit }: StreamTimeoutError) => of(`too slow: ${limit}`)),
    );
    expectObservable(text$).toBe('--H 9999ms (e|)', { H: 'H', e: 'too slow: each' });
    flush();
    expect(model.subscriptions[0]?.unsubscribedFrame).toBe(10_002);
  }),
);
