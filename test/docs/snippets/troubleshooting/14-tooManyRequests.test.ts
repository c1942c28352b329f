import { catchError, of } from 'rxjs';
import { ProviderError } from 'rxllm';
import { accumulateText, retryStream } from 'rxllm/operators';
import { inVirtualTime } from 'rxllm/testing';
import { expect, it } from 'vitest';

const busy = (retryAfter: number) =>
  new ProviderError('Too many requests', { provider: 'test', status: 429, retryable: true, retryAfter });

it(
  'waits as long as the provider asks, unless that is too long',
  inVirtualTime(({ fakeModel, expectObservable, flush }) => {
    const tell = catchError(({ status, retryAfter }: ProviderError) => of(`${status}, ${retryAfter} ms`));

    // The symptom, and how to see it.
    const bare = fakeModel(['-#'], { error: busy(2_000) });
    expectObservable(bare.stream('Hello').pipe(accumulateText(), tell)).toBe('-(e|)', { e: '429, 2000 ms' });

    // The remedy.
    const model = fakeModel(['-#', '-O-K|'], { error: busy(2_000) });
    const text$ = model.stream('Hello').pipe(retryStream(), accumulateText(), tell);
    expectObservable(text$).toBe('2002ms o-k|', { o: 'O', k: 'OK' });

    // It does not wait for longer than maxDelay: what to do then is yours to decide.
    const closed = fakeModel(['-#'], { error: busy(60_000) });
    const late$ = closed.stream('Hello').pipe(retryStream({ maxDelay: 30_000 }), accumulateText(), tell);
    expectObservable(late$).toBe('-(e|)', { e: '429, 60000 ms' });

    flush();
    expect(model.calls).toHaveLength(2);
  }),
);
